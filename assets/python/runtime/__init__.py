"""Import paths of earlier tools, kept for scripts written for them. New scripts use `mcp_execution`."""
