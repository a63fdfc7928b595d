"""Runs one script as `__main__`, reports how it ended, and ends the process."""

from __future__ import annotations

import _signal
import atexit
import marshal
import os
import sys

from _mcp_studio import codec, link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType
    from typing import Any, NoReturn

TOP_LEVEL_AWAIT = 0x2000
"""`ast.PyCF_ALLOW_TOP_LEVEL_AWAIT`; importing `ast` costs 4 ms."""

INTERRUPTED = 130
FLUSH_FAILED = 120
"""What Python exits with when its last output cannot be written."""

REHEARSAL = "import os, sys\nclass A:\n    def f(self):\n        return [str(n) for n in range(99)]\nA().f()\n"

RESERVE = 32 * 1024 * 1024
"""Bytes beyond the limit of memory that are there for the report that it was met."""


limited: dict[str, int] = {}
"""The resource limits that are set."""


def run(channel: int, job: dict[str, Any]) -> NoReturn:
    """Runs the script of `job`. Never returns."""
    link.channel, link.process, link.script = channel, os.getpid(), job["script"]
    status, error = INTERRUPTED, None
    _signal.signal(_signal.SIGURG, _nudged)
    try:
        main = _prepare(job)
        status, error = _compile_and_execute(job, main)
        status = _last_things(status)
    except KeyboardInterrupt:
        status = INTERRUPTED
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    _go(status, error)


def _nudged(*_: object) -> None:
    """Ends a wait that began right after an interrupt: the core nudges, and on its way here the interpreter sees both."""


def rehearse(packages: str, times: int) -> None:
    """Goes the way of a script that does next to nothing, so that memory shared with a fork server is copied now and not when
    somebody waits. What it says goes nowhere, and what it leaves behind the start of the real script replaces.
    """
    code = compile(REHEARSAL, "rehearsal", "exec", TOP_LEVEL_AWAIT, dont_inherit=True)
    job = {
        "script": "rehearsal",
        "source": REHEARSAL,
        "code": marshal.dumps(code).hex(),
        "keep": False,
        "saved": False,
        "arguments": ["rehearsal"],
        "environment": {"TMPDIR": os.environ.get("TMPDIR", "/tmp")},
        "folder": os.curdir,
        "path": [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))],
        "packages": packages,
        "limits": limited,
        "context": False,
        "compile_only": False,
        "function": None,
    }
    for _ in range(times):
        _rehearse(job)
    sys.modules["linecache"].cache.clear()
    link.channel, link.process = -1, 0


def _rehearse(job: dict[str, Any]) -> None:
    read, write = os.pipe()
    os.write(write, codec.frame(job))
    heard = codec.read_frame(read)
    os.close(read)
    os.close(write)
    link.channel, link.process, link.script = os.open(os.devnull, os.O_WRONLY), os.getpid(), heard["script"]
    _signal.signal(_signal.SIGURG, _nudged)
    _compile_and_execute(heard, _prepare(heard))
    if "logging" in sys.modules:
        sys.modules["logging"].shutdown()
    _signal.signal(_signal.SIGINT, _signal.getsignal(_signal.SIGINT))
    _flush(0)
    link.tell(_end(0, None))
    os.close(link.channel)


def _prepare(job: dict[str, Any]) -> ModuleType:
    """Makes this process look as `python script.py` would have made it."""
    import builtins

    from _sitebuiltins import Quitter

    end_of_file = "Ctrl-D (i.e. EOF)"
    builtins.exit = Quitter("exit", end_of_file)
    builtins.quit = Quitter("quit", end_of_file)
    os.environ.update(job["environment"])
    os.chdir(job["folder"])
    sys.argv = [job["script"], *job["arguments"]]
    sys.orig_argv = [sys.executable, *sys.argv]
    packages = [job["packages"]] if job["packages"] else []
    ours = {*job["path"], *packages}
    sys.path[:] = [*job["path"], *(entry for entry in sys.path if entry not in ours), *packages]
    sys.path_importer_cache.clear()
    if job["limits"] != limited:
        limit(job["limits"])
    main = type(sys)("__main__")
    main.__dict__.update(__file__=job["script"], __builtins__=builtins, __cached__=None, __annotations__={})
    if not job["saved"]:
        _lend_source(job["script"], job["source"])
    sys.modules["__main__"] = main
    if job["context"]:
        import mcp_execution

        for name in ("context", "log", "set_result"):
            main.__dict__[name] = getattr(mcp_execution, name)
    return main


def limit(limits: dict[str, int]) -> None:
    """Sets the resource limits that the core asks for, never above what is allowed. Memory keeps something in reserve."""
    global limited
    import resource

    limited = limits
    for name, most in limits.items():
        number = getattr(resource, name, None)
        if number is not None:
            _, allowed = resource.getrlimit(number)
            hard = most + RESERVE if name == "RLIMIT_DATA" else most
            hard = hard if allowed == resource.RLIM_INFINITY else min(hard, allowed)
            resource.setrlimit(number, (min(most, hard), hard))


def _open_reserve() -> None:
    """Gives memory to tell that memory has run out."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _lend_source(name: str, source: str) -> None:
    """Lets tracebacks show the lines of a script that is no file."""
    import linecache

    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)


def _code(job: dict[str, Any]) -> CodeType:
    """The script's code: as compiled earlier, or compiled now and offered to the core for the next run."""
    if job["code"] is not None:
        code = marshal.loads(bytes.fromhex(job["code"]))
        link.tell({"started": {}})
        return code
    code = compile(job["source"], job["script"], "exec", TOP_LEVEL_AWAIT, dont_inherit=True)
    if job["keep"]:
        # Hexadecimal is twice as long as it must be, and takes no module.
        link.tell({"started": {"code": marshal.dumps(code).hex()}})
    else:
        link.tell({"started": {}})
    return code


def _compile_and_execute(job: dict[str, Any], main: ModuleType) -> tuple[int, Any]:
    try:
        code = _code(job)
    except (SyntaxError, ValueError) as problem:
        from _mcp_studio import report

        return 1, report.not_python(problem, job["script"])
    return (0, None) if job["compile_only"] else _execute(code, main, job["function"])


def _execute(code: CodeType, main: ModuleType, function: str | None) -> tuple[int, Any]:
    """Runs `code` as Python would. Answers the exit status and, where it failed, the report."""
    try:
        awaited = eval(code, main.__dict__)
        if awaited is not None:
            import asyncio

            asyncio.run(awaited)
        if function is not None:
            _call(main, function)
        return 0, None
    except SystemExit as request:
        return _exit_status(request.code), None
    except BaseException as error:
        if isinstance(error, MemoryError):
            _open_reserve()
        from _mcp_studio import report

        return report.uncaught(error, link.script)


def _call(main: ModuleType, name: str) -> None:
    """Calls a function of the script with the context; what it returns is the result of the run."""
    import mcp_execution

    function = main.__dict__.get(name)
    if not callable(function):
        raise NameError(f"the script has no function {name!r}")
    value = function(mcp_execution.context)
    if hasattr(value, "__await__"):
        import asyncio

        value = asyncio.run(value)
    mcp_execution.set_result(value)


def _exit_status(code: object) -> int:
    """What `sys.exit(code)` means."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    try:
        print(code, file=sys.stderr)
    except Exception:
        pass
    return 1


def _last_things(status: int) -> int:
    """What an interpreter does last: waits for threads, calls `atexit` functions."""
    try:
        threading = sys.modules.get("threading")
        if threading is not None:
            threading._shutdown()
        atexit._run_exitfuncs()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseException:
        sys.excepthook(*sys.exc_info())
    return status


def _go(status: int, error: Any) -> NoReturn:
    """Flushes, reports, and leaves without the slow rest of an interpreter's end."""
    status = _flush(status)
    if os.getpid() == link.process:
        _let_go_of_output()
        link.tell(_end(status, error))
    os._exit(status)


def _flush(status: int) -> int:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            status = status or FLUSH_FAILED
    return status


def _end(status: int, error: Any) -> dict[str, Any]:
    """The message that says how the script ended."""
    errno = error.pop("errno") if error else None
    return {"ended": {"code": status, "error": error, "errno": errno, **_usage()}}


def _usage() -> dict[str, Any]:
    """Peak memory in bytes and processor time in seconds, children that have ended included."""
    try:
        import resource
    except ImportError:
        return {}
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "peak_memory": max(own.ru_maxrss, children.ru_maxrss) * unit,
        "cpu": own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime,
    }


def _let_go_of_output() -> None:
    """Ends the output before the report, so that the core need not wait for the memory of this process to be freed."""
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
    except OSError:
        pass
