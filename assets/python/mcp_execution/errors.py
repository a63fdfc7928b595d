"""The errors a tool call can end with. All carry what was called, so that a script can handle them and go on."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class McpExecutionError(Exception):
    """Base of all errors of tool calls."""

    def __init__(
        self,
        message: str,
        *,
        server: str | None = None,
        tool: str | None = None,
        arguments: Mapping[str, Any] | None = None,
        text: str | None = None,
        content: list[Any] | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.server = server
        """Name of the server."""
        self.tool = tool
        """Name of the tool as its server calls it."""
        self.arguments = arguments
        """What the tool was called with."""
        self.text = text
        """What the tool said, as text."""
        self.content = content
        """All content blocks of its answer."""
        self.hint = hint
        """What to do next."""
        if hint:
            self.__notes__ = [f"hint: {hint}"]

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.message, self.__dict__)


class ServerConnectionError(McpExecutionError):
    """The server cannot be started or reached, or broke the protocol."""


class ToolNotFoundError(McpExecutionError):
    """No server offers a tool of that name."""


class ToolExecutionError(McpExecutionError):
    """The tool ran and said that it failed."""


class ToolTimeoutError(McpExecutionError):
    """The call took longer than it may."""


class CallCancelledError(McpExecutionError):
    """The call was cancelled before it was answered."""


class ConfigurationError(McpExecutionError):
    """The studio or its configuration cannot serve the call."""


class SchemaValidationError(McpExecutionError):
    """The arguments do not fit the tool's schema. Nothing was sent."""


class PolicyDeniedError(McpExecutionError):
    """A policy, a guardrail or a person refused the call. Nothing was sent."""


_BY_KIND: dict[str, type[McpExecutionError]] = {
    "connection": ServerConnectionError,
    "tool_not_found": ToolNotFoundError,
    "tool_execution": ToolExecutionError,
    "timeout": ToolTimeoutError,
    "cancelled": CallCancelledError,
    "usage": ConfigurationError,
    "configuration": ConfigurationError,
    "environment": ConfigurationError,
    "schema_validation": SchemaValidationError,
    "policy_denied": PolicyDeniedError,
}


def from_failure(failure: Mapping[str, Any], tool: str | None, arguments: Mapping[str, Any] | None) -> McpExecutionError:
    """The error for a failure as the core describes it."""
    server, _, name = (tool or "").partition("__")
    return _BY_KIND.get(failure["kind"], McpExecutionError)(
        failure["message"],
        server=server or None,
        tool=name or None,
        arguments=arguments,
        text=failure.get("text"),
        content=failure.get("content"),
        hint=failure.get("hint"),
    )


def _rebuilt(kind: type[McpExecutionError], message: str, state: dict[str, Any]) -> McpExecutionError:
    error = kind(message)
    error.__dict__.update(state)
    return error
