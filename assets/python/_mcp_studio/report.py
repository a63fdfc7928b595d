"""How an uncaught exception is shown and reported. Imported only when there is one."""

from __future__ import annotations

import os
import sys
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RUNTIME = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
"""Files below this folder are ours and stay out of tracebacks."""

TRACEBACK_CHARACTERS = 64 * 1024
MESSAGE_CHARACTERS = 16 * 1024
INTERRUPTED = 130


def uncaught(error: BaseException, script: str) -> tuple[int, dict[str, Any]]:
    """Prints `error` as Python would, without frames of ours. Answers exit status and report."""
    summary = _summary(error, script)
    interrupted = isinstance(error, KeyboardInterrupt)
    line = _line(error, script)
    if sys.excepthook is not sys.__excepthook__:
        sys.excepthook(type(error), error, error.__traceback__)
    elif interrupted:
        where = f" at {os.path.basename(script)}:{line}" if line else ""
        _print(f"interrupted{where}\n")
    else:
        _print("".join(summary.format()))
    return INTERRUPTED if interrupted else 1, _described(error, summary, line, None)


def not_python(error: BaseException, script: str) -> dict[str, Any]:
    """Prints why the script cannot be compiled, as Python would. Answers the report."""
    summary = traceback.TracebackException(type(error), error, None)
    _print("".join(summary.format()))
    return _described(error, summary, getattr(error, "lineno", None), getattr(error, "offset", None))


def _described(
    error: BaseException, summary: traceback.TracebackException, line: int | None, column: int | None
) -> dict[str, Any]:
    try:
        message = str(error)
    except Exception:
        message = "(this exception cannot be shown)"
    return {
        "type": type(error).__name__,
        "errno": _number(error),
        "message": _safe(message)[:MESSAGE_CHARACTERS],
        "line": line,
        "column": column,
        "traceback": _safe("".join(summary.format()))[-TRACEBACK_CHARACTERS:],
    }


def _number(error: BaseException) -> int | None:
    number = error.errno if isinstance(error, OSError) else None
    return number if isinstance(number, int) and abs(number) < 1 << 31 else None


def _summary(error: BaseException, script: str) -> traceback.TracebackException:
    summary = traceback.TracebackException(type(error), error, error.__traceback__)
    _without_ours(summary, script, set())
    return summary


def _without_ours(summary: traceback.TracebackException, script: str, seen: set[int]) -> None:
    """Drops what led to the script, and what is ours, from `summary` and the exceptions it holds."""
    if id(summary) in seen:
        return
    seen.add(id(summary))
    names = [frame.filename for frame in summary.stack]
    start = names.index(script) if script in names else 0
    summary.stack[:] = [frame for frame in summary.stack[start:] if not frame.filename.startswith(RUNTIME)]
    for inner in (summary.__cause__, summary.__context__, *(getattr(summary, "exceptions", None) or ())):
        if inner is not None:
            _without_ours(inner, script, seen)


def _line(error: BaseException, script: str) -> int | None:
    """The line of the script where `error` passed last."""
    line = error.lineno if isinstance(error, SyntaxError) and error.filename == script else None
    entry = error.__traceback__
    while entry is not None:
        if entry.tb_frame.f_code.co_filename == script:
            line = entry.tb_lineno
        entry = entry.tb_next
    return line


def _print(text: str) -> None:
    try:
        sys.stdout.flush()
    except Exception:
        pass
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except Exception:
        try:
            os.write(2, text.encode(errors="backslashreplace"))
        except OSError:
            pass


def _safe(text: str) -> str:
    """`text` without lone surrogates, which JSON readers refuse."""
    return text.encode(errors="replace").decode()
