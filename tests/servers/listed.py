"""An MCP server whose tools are those in a JSON file, read anew for each list: listed.py TOOLS_FILE. Standard library only.
The file holds a list of tools, or an object with "tools", "prompts" and "instructions"."""
import json
import sys
import threading
import time

seen = {"lists": 0, "calls": 0, "cancelled": 0, "seconds_between_lists": []}
listed = []
writing = threading.Lock()


def send(message):
    with writing:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()


def announce_for_ever():
    while True:
        send({"method": "notifications/tools/list_changed"})
        time.sleep(0.001)


def structured(value):
    return {"content": [{"type": "text", "text": json.dumps(value)}], "structuredContent": value}


def call(request):
    name, arguments = request["params"]["name"], request["params"].get("arguments", {})
    seen["calls"] += 1
    if name == "seen":
        return structured(seen)
    if name == "answer":
        return arguments["result"]
    if name == "judge":
        return structured({"signals": [{"metric": "odd", "score": 1 if "very odd" in arguments["text"] else 0.2}]})
    if name == "fail":
        return {"content": [{"type": "text", "text": "no such file: a.txt\nlook elsewhere"}], "isError": True}
    if name == "change":
        send({"method": "notifications/tools/list_changed"})
    if name == "flood":
        threading.Thread(target=announce_for_ever, daemon=True).start()
    if name == "hold":
        token = request["params"]["_meta"]["progressToken"]
        send({"method": "notifications/progress", "params": {"progressToken": token, "progress": 3, "total": 10, "message": "half\u001b[2Jway"}})
        return None
    return structured(arguments)


def offered():
    with open(sys.argv[1], encoding="utf-8") as file:
        offer = json.load(file)
    return offer if isinstance(offer, dict) else {"tools": offer}


def greeting(protocol):
    capabilities = {"tools": {"listChanged": True}}
    server = {"protocolVersion": protocol, "capabilities": capabilities, "serverInfo": {"name": "listed", "version": "1"}}
    if "prompts" in offered():
        capabilities["prompts"] = {"listChanged": True}
    if "instructions" in offered():
        server["instructions"] = offered()["instructions"]
    return server


def answer(request):
    method = request["method"]
    if method == "initialize":
        return greeting(request["params"]["protocolVersion"])
    if method == "tools/list":
        seen["lists"] += 1
        listed.append(time.monotonic())
        seen["seconds_between_lists"] = [after - before for before, after in zip(listed, listed[1:])]
        return {"tools": offered()["tools"]}
    if method == "prompts/list":
        return {"prompts": offered()["prompts"]}
    if method == "prompts/get":
        text = "Prompt " + request["params"]["name"] + "."
        return {"messages": [{"role": "user", "content": {"type": "text", "text": text}}]}
    if method == "tools/call":
        return call(request)
    return {}


for line in sys.stdin:
    message = json.loads(line)
    if message.get("method") == "notifications/cancelled":
        seen["cancelled"] += 1
    elif message.get("method") == "server/discover":
        send({"id": message["id"], "error": {"code": -32601, "message": "Method not found"}})
    elif "id" in message:
        result = answer(message)
        if result is not None:
            send({"id": message["id"], "result": result})
