"""A server with an oddity, by the name of its first argument. Standard library only."""

import json
import sys
import time

SCHEMA = {"type": "object", "properties": {}}


def tool(name, description):
    return {"name": name, "description": description, "inputSchema": SCHEMA}


TOOLS = {
    "plain": [tool("echo", "Answers what it was given")],
    "many": [tool(f"tool_{number:04}", "One of many") for number in range(5_000)],
    "escapes": [tool("red\x1b[31m", "clears\x1b[2Jthe screen\u202e and turns text"), tool("plain", "two\nlines"), {"name": 7}],
    "huge": [tool("huge", "Answers 64 MiB")],
    "meta": [tool("meta", "Answers the trace it was called in")],
    "slow": [tool("wait", "Never answers")],
}


def answer(mode, method, params):
    if method == "initialize":
        version = params["protocolVersion"]
        return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": mode, "version": "1"}}
    if method == "tools/list":
        return {"tools": TOOLS[mode]}
    if method == "tools/call" and mode == "huge":
        return {"content": [{"type": "text", "text": "x" * 64 * 1024 * 1024}]}
    if method == "tools/call" and mode == "meta":
        return {"content": [{"type": "text", "text": str(params.get("_meta", {}).get("traceparent"))}]}
    if method == "tools/call" and mode != "slow":
        return {"content": [{"type": "text", "text": json.dumps(params["arguments"])}]}
    return None


def serve(mode):
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        method, params = message["method"], message.get("params") or {}
        result = answer(mode, method, params)
        if result is None and method == "tools/call":
            continue
        reply = {"result": result} if result is not None else {"error": {"code": -32601, "message": "Method not found"}}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **reply}), flush=True)


match sys.argv[1]:
    case "exits":
        sys.exit("error: no token, no service")
    case "garbage":
        print("Welcome to the garbage server!", flush=True)
        sys.stdin.read()
    case "silent":
        time.sleep(3600)
    case mode:
        serve(mode)
