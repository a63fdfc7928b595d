"""MCP servers that behave badly, one way each. Standard library only: hostile.py BEHAVIOUR [ARGUMENT]"""
import json
import os
import signal
import subprocess
import sys
import threading
import time

behaviour = sys.argv[1]
argument = sys.argv[2] if len(sys.argv) > 2 else ""
writing = threading.Lock()


def line(text):
    with writing:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def send(message):
    line(json.dumps({"jsonrpc": "2.0", **message}))


def result(request, value):
    send({"id": request["id"], "result": value})


def fault(request, code, message):
    send({"id": request["id"], "error": {"code": code, "message": message}})


def tool(name, **more):
    return {"name": name, "inputSchema": {"type": "object"}, **more}


def text(value, **more):
    return {"content": [{"type": "text", "text": value}], **more}


def initialize(request):
    version = {"old": "2024-11-05"}.get(behaviour, request["params"]["protocolVersion"])
    reply = {"protocolVersion": version, "capabilities": {"tools": {"listChanged": True}}, "serverInfo": {"name": "hostile", "version": "1"}}
    if behaviour == "bare":
        reply = {"protocolVersion": "2024-11-05"}
    if behaviour == "bare_tools":
        reply = {"capabilities": {"tools": {}}}
    if behaviour == "ids_as_text":
        send({"id": str(request["id"]), "result": reply})
        return
    result(request, reply)


def discover(request):
    server = {"io.modelcontextprotocol/serverInfo": {"name": "modern", "version": "2"}}
    capabilities = {"tools": {"listChanged": True}}
    about = {"supportedVersions": ["2026-07-28"], "capabilities": capabilities, "ttlMs": 0, "cacheScope": "private"}
    result(request, {"resultType": "complete", **about, "_meta": server})


def rounds(request):
    """Asks for roots and a decision, then shows what it got; or for a model, which nobody gives."""
    params = request["params"]
    if params["name"] == "wants_model":
        ask = {"m": {"method": "sampling/createMessage", "params": {"messages": [], "maxTokens": 1}}}
        result(request, {"resultType": "input_required", "inputRequests": ask})
    elif "inputResponses" not in params:
        ask = {"r": {"method": "roots/list"}, "e": {"method": "elicitation/create", "params": {"message": "?", "requestedSchema": {"type": "object", "properties": {}}}}}
        result(request, {"resultType": "input_required", "inputRequests": ask, "requestState": "s1"})
    else:
        result(request, text(json.dumps([params["inputResponses"], params["requestState"], params["arguments"]])))


def deep(levels):
    return '{"a":' * levels + "1" + "}" * levels


def list_tools(request):
    cursor = request.get("params", {}).get("cursor")
    tools = [tool("echo")]
    if behaviour == "many":
        tools = [tool(f"tool_{number}", description="x" * 100) for number in range(5000)]
    if behaviour == "pages":
        number = int(cursor or 0)
        result(request, {"tools": [tool(f"t{number}")], "nextCursor": str(number + 1)})
        return
    if behaviour == "loop":
        result(request, {"tools": [tool("a" if cursor is None else "b")], "nextCursor": "again"})
        return
    if behaviour == "bad_tools":
        bad = '{"name":"deep","inputSchema":' + deep(200) + "}"
        nan = '{"name":"nan","inputSchema":{"type":"object","maximum":NaN}}'
        good = [json.dumps(tool("good")), json.dumps(tool("\u001b[31mred\u001b[0m")), json.dumps(tool("good"))]
        tools = ",".join([good[0], bad, nan, "7", '{"inputSchema":{}}', *good[1:]])
        line('{"jsonrpc":"2.0","id":%d,"result":{"tools":[%s]}}' % (request["id"], tools))
        return
    if behaviour == "no_list":
        result(request, {"tools": "none"})
        return
    if behaviour == "list_error":
        fault(request, -32603, "the database is away")
        return
    result(request, {"tools": tools})


def call_tool(request):
    name, arguments, token = request["params"]["name"], request["params"].get("arguments", {}), request["params"]["_meta"]["progressToken"]
    number = request["id"]
    if name == "exit":
        sys.stderr.write("panic: out of cheese\n")
        sys.stderr.flush()
        os._exit(3)
    elif name == "exit_leaving_child":
        subprocess.Popen(["sleep", "600"])
        os._exit(3)
    elif name == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif name == "answer_and_exit":
        result(request, text("last words"))
        os._exit(0)
    elif name == "silence":
        pass
    elif name == "progress_then_silence":
        for step in range(3):
            send({"method": "notifications/progress", "params": {"progressToken": token, "progress": step + 1, "total": 3, "message": f"step {step + 1}"}})
    elif name == "slow_with_progress":
        for step in range(8):
            send({"method": "notifications/progress", "params": {"progressToken": token, "progress": step + 1}})
            time.sleep(0.1)
        result(request, text("done"))
        send({"method": "notifications/progress", "params": {"progressToken": token, "progress": 99}})
    elif name == "nan":
        result(request, {"content": [], "structuredContent": {"value": float("nan"), "high": float("inf")}})
    elif name == "surrogate":
        line('{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"a\\ud83db"}]}}' % number)
    elif name == "latin1":
        with writing:
            sys.stdout.buffer.write(b'{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"caf\xe9"}]}}\n' % number)
            sys.stdout.buffer.flush()
    elif name == "broken_json":
        line('{"jsonrpc":"2.0","id":%d,"result":{"content":[}}' % number)
    elif name == "broken_json_id_last":
        line('{"result":{"content":[oops],"id":0},"id":%d}' % number)
    elif name == "garbage_then_answer":
        line("Traceback (most recent call last): not really")
        result(request, text("fine"))
    elif name == "large":
        result(request, text("x" * arguments["bytes"]))
    elif name == "large_id_last":
        line('{"jsonrpc":"2.0","result":{"content":[{"type":"text","text":"%s"}]},"id":%d}' % ("x" * arguments["bytes"], number))
    elif name == "id_as_text":
        send({"id": str(number), "result": text("fine")})
    elif name == "id_as_float":
        line('{"jsonrpc":"2.0","id":%d.0,"result":{"content":[]}}' % number)
    elif name == "id_null":
        line('{"jsonrpc":"2.0","id":null,"result":{"content":[]}}')
    elif name == "id_missing":
        line('{"jsonrpc":"2.0","error":{"code":-32000,"message":"no idea who asked"}}')
    elif name == "id_object":
        line('{"jsonrpc":"2.0","id":{"a":1},"result":{"content":[]}}')
    elif name == "result_and_error":
        send({"id": number, "result": text("both"), "error": None})
    elif name == "neither":
        send({"id": number})
    elif name == "odd":
        result(request, arguments["result"])
    elif name == "refuse":
        fault(request, -32602, "Unknown tool: refuse")
    elif name == "is_error":
        result(request, text("it broke", isError=True))
    elif name == "deep":
        line('{"jsonrpc":"2.0","id":%d,"result":%s}' % (number, deep(5000)))
    elif name == "batch":
        line("[%s,%s]" % (json.dumps({"jsonrpc": "2.0", "method": "notifications/message"}), json.dumps({"jsonrpc": "2.0", "id": number, "result": text("batched")})))
    elif name == "ask":
        send({"id": "mine-1", "method": arguments["method"], "params": arguments.get("params", {})})
        answers["mine-1"] = request
    elif name == "cancelled":
        result(request, text(json.dumps(cancelled)))
    elif name == "storm":
        for _ in range(2000):
            send({"method": "notifications/tools/list_changed"})
        result(request, text("calm"))
    elif name == "flood_requests":
        for count in range(20000):
            send({"id": f"flood-{count}", "method": "ping"})
        result(request, text("flooded"))
    elif name in ("wants_input", "wants_model"):
        rounds(request)
    elif name == "environment":
        result(request, text(json.dumps(dict(os.environ))))
    else:
        result(request, text(json.dumps(arguments)))


answers, cancelled, held = {}, [], []


def shuffled(request):
    """Answers in reverse order, once all calls are there."""
    held.append(request)
    if len(held) == 200:
        for one in reversed(held):
            result(one, text(str(one["params"]["arguments"]["number"])))


def start():
    if behaviour == "dies":
        sys.stderr.write("starting up\nerror: not a git repository\n")
        sys.exit(3)
    if behaviour == "dies_by_signal":
        os.kill(os.getpid(), signal.SIGKILL)
    if behaviour == "garbage":
        line("Welcome to the server!")
        line("")
        line("\x1b[2Jlistening on stdio {not json}")
    if behaviour == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if behaviour == "daemon":
        subprocess.Popen(["sleep", "600"], start_new_session=True)
        child = "import os,time; os.setsid(); pid=os.fork(); open(%r,'w').write(str(os.getpid())) if pid == 0 else os._exit(0); time.sleep(600)" % argument
        subprocess.Popen([sys.executable, "-c", child]).wait()
    if behaviour == "stderr_flood":
        sys.stderr.write("noise " * 1_000_000 + "\n" + "more\n" * 200_000 + "the last line\n")
        sys.stderr.flush()
    if behaviour == "stdout_endless":
        while True:
            sys.stdout.write("x" * 65536)


start()
for incoming in sys.stdin:
    message = json.loads(incoming)
    method = message.get("method")
    if behaviour == "mute":
        continue
    if method == "server/discover" and behaviour == "modern":
        discover(message)
    elif method == "server/discover":
        if behaviour == "ignores_probe":
            continue
        if behaviour == "late_modern":
            if not os.path.exists(argument):
                open(argument, "w").close()
                time.sleep(6.5)
            discover(message)
            behaviour = "modern"
            continue
        if behaviour == "dies_of_probe":
            sys.exit("RuntimeError: unknown method server/discover")
        fault(message, -32601, "Method not found")
    elif method == "initialize" and behaviour == "modern":
        fault(message, -32601, "initialize is of another era")
    elif method == "initialize":
        initialize(message)
    elif method == "subscriptions/listen":
        send({"method": "notifications/subscriptions/acknowledged", "params": {}})
        send({"method": "notifications/tools/list_changed"})
    elif method == "tools/list":
        list_tools(message)
    elif method == "tools/call" and behaviour == "deaf":
        time.sleep(600)
    elif method == "tools/call" and behaviour == "shuffle":
        shuffled(message)
    elif method == "tools/call" and message["params"]["name"] == "slow_with_progress":
        threading.Thread(target=call_tool, args=(message,), daemon=True).start()
    elif method == "tools/call":
        call_tool(message)
    elif method == "notifications/cancelled":
        cancelled.append(message["params"]["requestId"])
    elif "id" in message and message["id"] in answers:
        reply = {key: message[key] for key in ("result", "error") if key in message}
        result(answers.pop(message["id"]), text(json.dumps(reply)))
if behaviour == "stubborn":
    time.sleep(600)
