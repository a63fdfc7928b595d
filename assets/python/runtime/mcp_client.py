"""`call_mcp_tool` as earlier scripts import it: `await call_mcp_tool("server__tool", {...})`."""

from __future__ import annotations

from mcp_execution import (
    ConfigurationError,
    McpExecutionError,
    SchemaValidationError,
    ServerConnectionError,
    ToolExecutionError,
    ToolNotFoundError,
    acall_tool,
    call_tool,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = [
    "ConfigurationError",
    "McpExecutionError",
    "SchemaValidationError",
    "ServerConnectionError",
    "ToolExecutionError",
    "ToolNotFoundError",
    "call_mcp_tool",
    "call_mcp_tool_sync",
]


async def call_mcp_tool(tool_identifier: str, params: Mapping[str, Any] | None = None) -> Any:
    """Calls `server__tool` and answers its unwrapped value."""
    return await acall_tool(tool_identifier, params)


def call_mcp_tool_sync(tool_identifier: str, params: Mapping[str, Any] | None = None) -> Any:
    """As `call_mcp_tool`, blocking."""
    return call_tool(tool_identifier, params)
