"""A small MCP server over stdio, with the standard library only: what the tests of script runs call."""

import json
import sys

ANY = {"type": "object"}
TOOLS = ["echo", "fail", "slow", "big", "blocks"]


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def text(words):
    return {"type": "text", "text": words}


def call(number, name, arguments):
    if name == "echo":
        return {"content": [], "structuredContent": arguments}
    if name == "fail" and "picture" in arguments:
        return {"content": [text("a picture"), {"type": "image", "data": "AA==", "mimeType": "image/png"}], "isError": True}
    if name == "fail":
        return {"content": [text("first line\nsecond line")], "isError": True}
    if name == "big":
        return {"content": [text("x" * arguments["size"])]}
    if name == "blocks":
        return {"content": [text("a"), {"type": "image", "data": "AA==", "mimeType": "image/png"}]}
    waiting[number] = arguments["file"]
    tell(number, "waiting")
    return None


def tell(number, word):
    with open(waiting[number], "w") as file:
        file.write(word)


waiting = {}
for line in sys.stdin:
    message = json.loads(line)
    method, number, params = message.get("method"), message.get("id"), message.get("params") or {}
    if method == "initialize":
        about = {"name": "plain", "version": "1"}
        send({"id": number, "result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": about}})
    elif method == "tools/list":
        send({"id": number, "result": {"tools": [{"name": name, "inputSchema": ANY, "description": f"does {name}"} for name in TOOLS]}})
    elif method == "tools/call":
        result = call(number, params["name"], params.get("arguments") or {})
        if result is not None:
            send({"id": number, "result": result})
    elif method == "notifications/cancelled":
        tell(params["requestId"], "cancelled")
    elif number is not None:
        send({"id": number, "error": {"code": -32601, "message": "no such method"}})
