"""A small MCP server over stdio whose tools have schemas: what the tests of `serve` call."""

import json
import sys

NUMBER = {"type": "integer", "minimum": 1, "maximum": 50}
FILE = {"type": "string", "description": "Written when the call is cancelled"}
TOOLS = [
    {"name": "echo", "description": "does echo", "inputSchema": {"type": "object", "properties": {"number": NUMBER}}},
    {"name": "fail", "description": "does fail", "inputSchema": {"type": "object"}},
    {
        "name": "slow",
        "description": "does slow",
        "annotations": {"destructiveHint": True},
        "inputSchema": {"type": "object", "properties": {"file": FILE}, "required": ["file"]},
    },
]


def answer(method, params):
    if method == "initialize":
        about = {"name": "agents", "version": "1"}
        return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": about}
    if method == "tools/list":
        return {"tools": TOOLS}
    if method == "tools/call" and params["name"] == "echo":
        return {"content": [], "structuredContent": params.get("arguments") or {}}
    if method == "tools/call":
        return {"content": [{"type": "text", "text": "no"}], "isError": True}
    return None


for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    result = answer(message["method"], message.get("params") or {})
    outcome = {"result": result} if result is not None else {"error": {"code": -32601, "message": "no such method"}}
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], **outcome}) + "\n")
    sys.stdout.flush()
