"""The studio's side of a script process. Scripts use the package `mcp_execution`, not this one."""
