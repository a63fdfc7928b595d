"""A server with a tool, resources, a template and a prompt. Speaks MCP 2025-06-18 over standard input and output."""

import json
import sys

TOOL = {
    "name": "measure",
    "description": "Counts the letters of a text.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "options": {
                "type": "object",
                "properties": {"unit": {"enum": ["letters", "bytes"]}},
                "required": ["unit"],
            },
        },
        "required": ["text"],
    },
    "annotations": {"readOnlyHint": True},
}
RESOURCES = [
    {"uri": "note://welcome", "name": "welcome", "description": "A greeting."},
    {"uri": "note://logo", "name": "logo", "mimeType": "image/png"},
]
TEMPLATES = [{"uriTemplate": "note://by-name/{name}", "name": "note by name", "description": "Any note."}]
PROMPTS = [
    {
        "name": "praise",
        "description": "Praises somebody.",
        "arguments": [{"name": "whom", "description": "Who is praised.", "required": True}, {"name": "how"}],
    },
    {"name": "greet"},
]


def content(uri):
    if uri == "note://logo":
        return {"uri": uri, "mimeType": "image/png", "blob": "iVBORw0KGgo="}
    if uri == "note://welcome":
        return {"uri": uri, "mimeType": "text/plain", "text": "Welcome.\nSecond line \x1b[31mred"}
    return {"uri": uri, "text": "The note " + uri}


def answer(method, params):
    if method == "initialize":
        return {
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}, "resources": {}, "prompts": {}},
            "serverInfo": {"name": "offers", "version": "1"},
        }
    if method == "tools/list":
        return {"tools": [TOOL]}
    if method == "resources/list":
        return {"resources": RESOURCES}
    if method == "resources/templates/list":
        return {"resourceTemplates": TEMPLATES}
    if method == "prompts/list":
        return {"prompts": PROMPTS}
    if method == "tools/call":
        text = params["arguments"]["text"]
        measured = {"text": text, "letters": len(text), "names": ["a", "b"]}
        return {"content": [{"type": "text", "text": json.dumps(measured)}]}
    if method == "resources/read":
        return {"contents": [content(params["uri"])]}
    if method == "prompts/get":
        given = params.get("arguments") or {}
        text = "Praise " + given.get("whom", "nobody") + " " + given.get("how", "loudly") + "."
        return {"messages": [{"role": "user", "content": {"type": "text", "text": text}}]}
    return {}


for line in sys.stdin:
    message = json.loads(line)
    if "id" in message and "method" in message:
        if message["method"] == "server/discover":
            reply = {"error": {"code": -32601, "message": "unknown method"}}
        else:
            reply = {"result": answer(message["method"], message.get("params", {}))}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **reply}), flush=True)
