"""A script that fails. A tool's error can be caught; what nobody catches ends the script with a traceback and exit code 1."""

from mcp_execution import ToolExecutionError, call_tool

try:
    call_tool("files__read_text", {"path": "no/such/file.txt"})
except ToolExecutionError as error:
    print(f"caught: {error.server} said {error.text!r}")


def share(total: float, people: int) -> float:
    return total / people


print(share(12.0, people=0))
