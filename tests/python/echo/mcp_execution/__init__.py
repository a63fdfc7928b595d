"""A stand-in for the runtime: every tool answers with `answer`, or with its own arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class McpExecutionError(Exception):
    """Base of all errors."""

    def __init__(
        self,
        message: str,
        *,
        server: str | None = None,
        tool: str | None = None,
        arguments: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.server = server
        self.tool = tool
        self.arguments = arguments


class SchemaValidationError(McpExecutionError):
    """Arguments do not fit the schema."""


class ConfigurationError(McpExecutionError):
    """The environment cannot serve the call."""


calls: list[tuple[str, Any]] = []
answer: list[Any] = []


def call_tool(name: str, arguments: Mapping[str, Any] | None = None) -> Any:
    calls.append((name, arguments))
    return answer[0] if answer else arguments


async def acall_tool(name: str, arguments: Mapping[str, Any] | None = None) -> Any:
    return call_tool(name, arguments)
