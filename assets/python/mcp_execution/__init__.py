"""Tools of MCP servers, for scripts that mcp-studio runs.

    from mcp_execution import call_tool

    print(call_tool("files__list_directory", {"path": "."}))

`call_tool` blocks and works anywhere, threads included; `await acall_tool(...)` does not block the running event loop.
"""

from __future__ import annotations

import sys

from _mcp_studio import link
from mcp_execution.errors import (
    CallCancelledError,
    ConfigurationError,
    McpExecutionError,
    PolicyDeniedError,
    SchemaValidationError,
    ServerConnectionError,
    ToolExecutionError,
    ToolNotFoundError,
    ToolTimeoutError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from typing import Any, Literal

    from mcp_execution._context import Context

    Detail = Literal["name", "summary", "signature", "schema"]
    context: Context

__all__ = [
    "CallCancelledError",
    "ConfigurationError",
    "McpExecutionError",
    "PolicyDeniedError",
    "SchemaValidationError",
    "ServerConnectionError",
    "ToolExecutionError",
    "ToolNotFoundError",
    "ToolTimeoutError",
    "acall_tool",
    "call_tool",
    "context",
    "list_tools",
    "log",
    "search_tools",
    "set_result",
]


_DETAILS = ("name", "summary", "signature", "schema")
_HITS = 1_000
"""Tools that one search answers; `SEARCH_HITS` of the core."""


def call_tool(tool: str, arguments: Mapping[str, Any] | None = None, *, timeout: float | None = None) -> Any:
    """Calls `server__tool` and waits for its answer: the structured value where there is one, else the text.

    Raises a subclass of `McpExecutionError`. `timeout` is in seconds and can only shorten the configured one.
    """
    return _value(_ask(_call(tool, arguments, timeout)), tool, arguments)


def acall_tool(
    tool: str, arguments: Mapping[str, Any] | None = None, *, timeout: float | None = None
) -> Coroutine[Any, Any, Any]:
    """As `call_tool`, for `await`: other tasks of the running event loop go on."""
    return _acall(_call(tool, arguments, timeout), tool, arguments)


def call_tool_result(tool: str, arguments: Mapping[str, Any] | None = None, *, timeout: float | None = None) -> Any:
    """As `call_tool`, but answers the whole result as the server sent it, with all content blocks."""
    request = _call(tool, arguments, timeout)
    request["call"]["whole"] = True
    return _value(_ask(request), tool, arguments)


def list_tools(server: str | None = None, detail: Detail = "summary") -> list[Any]:
    """All tools, or those of one server: their names, summaries, compact signatures, or whole definitions.

    A server that fails is left out of the list of all, which the studio's output says.
    """
    body = {"server": None if server is None else _text("server", server), "detail": _detail(detail)}
    tools: list[Any] = _value(_ask({"list": body}), None, None)
    return tools


def search_tools(query: str, detail: Detail = "summary", limit: int = 20, server: str | None = None) -> list[Any]:
    """Tools that match `query`, of all servers or of one, best first and told as `list_tools` does."""
    if not isinstance(limit, int) or limit < 0:
        raise ValueError(f"limit is {limit!r}, not a number of tools")
    body = {
        "query": _text("query", query),
        "detail": _detail(detail),
        "limit": min(limit, _HITS),
        "server": None if server is None else _text("server", server),
    }
    found: list[Any] = _value(_ask({"search": body}), None, None)
    return found


def log(level: str, message: object) -> None:
    """A line for the studio's output: `level` is `debug`, `info`, `warning` or `error`."""
    from mcp_execution._channel import channel

    channel().tell({"log": {"level": str(level), "message": _utf8(str(message))}})


def set_result(value: Any) -> None:
    """Makes `value` the result of the run. A later call replaces it. Raises `TypeError` if it is not JSON."""
    from mcp_execution._channel import channel

    try:
        channel().tell({"result": {"value": value}})
    except (TypeError, ValueError) as problem:
        raise TypeError(f"the result is not JSON: {problem}") from None


def __getattr__(name: str) -> Any:
    if name == "context":
        from mcp_execution._context import Context

        return globals().setdefault("context", Context(_value(_ask({"context": {}}), None, None)))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _call(tool: str, arguments: Mapping[str, Any] | None, timeout: float | None) -> dict[str, dict[str, Any]]:
    if not isinstance(tool, str):
        raise TypeError(f"a tool's name is a text such as 'server__tool', not {type(tool).__name__}")
    if arguments is not None and not isinstance(arguments, dict):
        arguments = dict(arguments)
    body = {"tool": _utf8(tool), "arguments": arguments, "line": _line()}
    if timeout is not None:
        body["timeout"] = float(timeout)
    return {"call": body}


def _line() -> int | None:
    """The line of the script that makes this call."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == link.script:
            return frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return None


def _ask(message: dict[str, dict[str, Any]]) -> Any:
    from mcp_execution._channel import channel

    return channel().ask(message)


async def _acall(message: dict[str, dict[str, Any]], tool: str, arguments: Mapping[str, Any] | None) -> Any:
    from mcp_execution._channel import channel

    return _value(await channel().ask_async(message), tool, arguments)


def _value(answer: dict[str, Any], tool: str | None, arguments: Mapping[str, Any] | None) -> Any:
    if "value" in answer:
        return answer["value"]
    from mcp_execution.errors import from_failure

    failure = answer.get("failure") or {"kind": "connection", "message": "the studio has ended this run"}
    raise from_failure(failure, tool, arguments)


def _detail(detail: str) -> str:
    if detail not in _DETAILS:
        raise ValueError(f"detail is {detail!r}, not one of {', '.join(map(repr, _DETAILS))}")
    return detail


def _text(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} is a text, not {type(value).__name__}")
    return _utf8(value)


def _utf8(text: str) -> str:
    """`text` without lone surrogates, which are no JSON."""
    return text.encode(errors="replace").decode()
