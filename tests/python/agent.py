"""Drives `mcp-studio serve` with the Python SDK, as an agent would. Prints a line for each scenario that held.

    agent.py MODE stdio BINARY    in the project's folder
    agent.py MODE http URL TOKEN

MODE is that of the SDK's client: "legacy" for the handshake, "auto" for the newest protocol.
"""

import sys
from pathlib import Path

import anyio
import httpx2
from mcp import MCPError, StdioServerParameters
from mcp.client import Client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

PARALLEL = 50
READING = {"read_only_hint": True, "destructive_hint": False, "idempotent_hint": True, "open_world_hint": False}
HINTS = {
    "discover_schemas": {"read_only_hint": False, "destructive_hint": False, "idempotent_hint": False, "open_world_hint": True},
    "execute_script": {"read_only_hint": False, "destructive_hint": True, "idempotent_hint": False, "open_world_hint": True},
    "generate_wrappers": {"read_only_hint": False, "destructive_hint": False, "idempotent_hint": True, "open_world_hint": False},
    "get_tool": READING,
    "search_tools": READING,
}


def check(found, expected):
    if found != expected:
        raise AssertionError(f"\nfound    {found!r}\nexpected {expected!r}")


async def answered(client, tool, arguments):
    """The structured answer of a call that succeeds."""
    result = await client.call_tool(tool, arguments)
    check((result.is_error, [block.text for block in result.content if result.is_error]), (False, []))
    return result.structured_content


async def refused(client, tool, arguments):
    """The text of a call that fails."""
    try:
        result = await client.call_tool(tool, arguments)
    except MCPError as error:
        return error.error.message
    check((result.is_error, result.structured_content), (True, None))
    return result.content[0].text


async def text_of(client, uri):
    return (await client.read_resource(uri)).contents[0].text


async def greeting(client):
    check(client.server_info.name, "mcp-studio")
    tools = (await client.list_tools()).tools
    check({tool.name: tool.annotations.model_dump(exclude={"title"}) for tool in tools}, HINTS)
    for tool in tools:
        check((tool.input_schema["type"], tool.input_schema["additionalProperties"]), ("object", False))
        check(tool.output_schema["type"], "object")


async def searching(client):
    names = await answered(client, "search_tools", {"query": "echo", "detail": "name"})
    check(names, {"tools": ["plain__echo"], "unknown": []})
    found = await answered(client, "search_tools", {"query": "does slow", "detail": "signature"})
    check(found["tools"], ["plain__slow(file: str) [destructive]\n  does slow\n  file: Written when the call is cancelled"])
    summary = {"id": "plain__fail", "server": "plain", "name": "fail", "title": None, "description": "does fail"}
    check((await answered(client, "search_tools", {"query": "fail"}))["tools"], [summary])
    check(len((await answered(client, "search_tools", {}))["tools"]), 3)
    check((await answered(client, "search_tools", {"server": "plain", "detail": "name", "limit": 1}))["tools"], ["plain__echo"])
    check(await refused(client, "search_tools", {"limit": 0}), '"limit" is 1 to 100')
    said = await refused(client, "search_tools", {"server": "plane"})
    check(said, 'no server "plane" is configured\nhint: did you mean "plain"?')


async def one_tool(client):
    found = await answered(client, "get_tool", {"tool": "plain__echo"})
    check(found, {"tool": "plain__echo", "signature": "plain__echo(number?: int (1..50))\n  does echo"})
    definition = (await answered(client, "get_tool", {"tool": "plain__fail", "detail": "schema"}))["definition"]
    check(definition, {"name": "fail", "description": "does fail", "inputSchema": {"type": "object"}})
    said = await refused(client, "get_tool", {"tool": "plain__ehco"})
    check(said, 'server "plain" offers no tool "ehco"\nhint: did you mean plain__echo?')


async def scripts(client):
    source = (
        "from mcp_execution import call_tool, context, set_result\n"
        "import sys\n"
        "print('number', call_tool('plain__echo', {'number': 7})['number'])\n"
        "print('aside', file=sys.stderr)\n"
        "set_result([sys.argv[1:], context.request])\n"
    )
    told = []

    async def progress(done, total, message):
        told.append((done, total, message))

    arguments = {"source": source, "arguments": ["a", "b"], "context": {"request": {"x": 1}}, "timeout": 60}
    result = await client.call_tool("execute_script", arguments, progress_callback=progress)
    found = result.structured_content
    run, milliseconds, ledger, report = (found.pop(key) for key in ("run", "milliseconds", "ledger", "report"))
    assert run > 0 and milliseconds > 0
    named = found["steps"].pop("named")
    assert len(named) == 1 and named[0].startswith("plain__echo: ok, "), named
    assert found["steps"].pop("tokens") > 0
    check((result.is_error, found), (False, {
        "outcome": "ok", "exit_code": 0, "value": [["a", "b"], {"x": 1}],
        "stdout": {"head": "number 7\n"}, "stderr": {"head": "aside\n"},
        "steps": {"count": 1, "failed": 0},
    }))
    assert set(ledger) == {"estimator", "direct", "scripted", "saved_percent"} and ledger["direct"] > 0, ledger
    text = await text_of(client, report)
    assert text.startswith("# ") and "plain\\_\\_echo" in text, text
    # The last is sent before the answer, and each on its own way.
    with anyio.fail_after(30):
        while not told or told[-1][:2] != (4.0, None):
            await anyio.sleep(0.01)
    assert told[-1][2].startswith("1 step, 2 lines"), told

    failed = await client.call_tool("execute_script", {"path": "bad.py"})
    found = failed.structured_content
    check((failed.is_error, found["exit_code"], found["value"]), (True, 1, None))
    check((found["error"]["class"], found["error"]["message"], found["error"]["line"]), ("ValueError", "no", 2))
    large = await answered(client, "execute_script", {"source": "print('x' * 100_000)\nfrom mcp_execution import set_result\nset_result('y' * 70_000)"})
    check((large["value"], large["value_bytes"]), (None, 70_002))
    check((len(large["stdout"]["head"]), len(large["stdout"]["tail"]), large["stdout"]["omitted_bytes"]), (4096, 8192, 87_713))
    late = await client.call_tool("execute_script", {"source": "while True: pass", "timeout": 0.2})
    check((late.is_error, late.structured_content["exit_code"]), (True, 124))


async def mistakes(client):
    table = [
        ({}, 'either "source" or "path" is needed'),
        ({"source": "", "path": "bad.py"}, '"source" and "path" exclude each other'),
        ({"source": "", "timeout": 61}, '"timeout" is above 0 and at most 60 seconds here'),
        ({"source": "", "timeout": -1}, '"timeout" is above 0 and at most 60 seconds here'),
    ]
    for arguments, expected in table:
        check(await refused(client, "execute_script", arguments), expected)
    for path in ("../mcp_config.json", "/etc/passwd", "missing.py", "outside.py"):
        hint = "\nhint: give a path relative to the workspace, or the source itself"
        check(await refused(client, "execute_script", {"path": path}), f'"{path}" is no script of the workspace{hint}')
    assert "unknown field `policy`" in await refused(client, "execute_script", {"source": "", "policy": "none"})
    assert "invalid type" in await refused(client, "execute_script", {"source": 3})
    said = await refused(client, "generate_wrappers", {"servers": ["a__b"]})
    check(said, '"a__b" is no server name: a server name has no double underscore and neither starts nor ends with one')


async def cancelling(client):
    started, cancelled = anyio.Event(), Path("workspace/output/cancelled")
    cancelled.unlink(missing_ok=True)
    source = (
        "import time\n"
        "print('begun', flush=True)\n"
        "try:\n"
        "    while True: time.sleep(0.01)\n"
        "except KeyboardInterrupt:\n"
        "    import os\n"
        "    os.makedirs('output', exist_ok=True)\n"
        "    open('output/cancelled', 'w').write('yes')\n"
    )

    async def progress(done, total, message):
        if message == "0 steps, 1 line; begun":
            started.set()

    async with anyio.create_task_group() as group:
        scope = anyio.CancelScope()

        async def run():
            with scope:
                await client.call_tool("execute_script", {"source": source}, progress_callback=progress)

        group.start_soon(run)
        with anyio.fail_after(60):
            await started.wait()
            scope.cancel()
            while not cancelled.exists() or cancelled.read_text() != "yes":
                await anyio.sleep(0.01)


async def together(client):
    answers = {}

    async def run(number):
        source = f"from mcp_execution import call_tool, set_result\nset_result(call_tool('plain__echo', {{'number': {number}}})['number'])"
        answers[number] = (await answered(client, "execute_script", {"source": source}))["value"]

    async with anyio.create_task_group() as group:
        for number in range(1, PARALLEL + 1):
            group.start_soon(run, number)
    check(answers, {number: number for number in range(1, PARALLEL + 1)})


async def reading(client):
    resources = (await client.list_resources()).resources
    uris = [str(resource.uri) for resource in resources]
    known = ["mcp-studio://readme/plain"] + [f"mcp-studio://signature/plain__{name}" for name in ("echo", "fail", "slow")]
    check(uris[:4], known)
    assert len(uris) == 5 and uris[4].startswith("mcp-studio://report/"), uris
    templates = (await client.list_resource_templates()).resource_templates
    check([template.uri_template for template in templates], ["mcp-studio://signature/{tool}", "mcp-studio://report/{session}"])
    text = (await client.read_resource("mcp-studio://signature/plain__fail")).contents[0].text
    check(text, "plain__fail()\n  does fail")
    readme = (await client.read_resource("mcp-studio://readme/plain")).contents[0]
    check((readme.mime_type, "servers.plain" in readme.text), ("text/markdown", True))
    try:
        await client.read_resource("mcp-studio://signature/plain__none")
        raise AssertionError("a resource that is not there was read")
    except MCPError as error:
        assert error.error.message.startswith('server "plain" offers no tool "none"'), error
    check([prompt.name for prompt in (await client.list_prompts()).prompts], ["write_script"])
    prompt = await client.get_prompt("write_script", {"task": "Count the files."})
    text = prompt.messages[0].content.text
    assert "Configured servers: `plain`." in text and text.endswith("# The task\n\nCount the files.\n"), text


async def wrappers(client):
    made = await answered(client, "generate_wrappers", {})
    changed = made["servers"][0].pop("changed")
    check((made, changed > 0), ({"servers": [{"server": "plain", "package": "servers.plain", "tools": 3, "notes": []}]}, True))
    assert Path("workspace/servers/plain/echo.py").is_file()


async def discovering(client):
    found = await answered(client, "discover_schemas", {"servers": ["plain"]})
    refused_tools = found["servers"][0].pop("refused")
    check(found, {"servers": [{"server": "plain", "module": "servers.plain.discovered_types", "observed": {"echo": 1}}]})
    assert list(refused_tools) == ["slow"], refused_tools
    assert Path("workspace/servers/plain/discovered_types.py").is_file()
    assert "did you mean" in await refused(client, "discover_schemas", {"servers": ["plian"]})


def transport():
    if sys.argv[2] == "stdio":
        return stdio_client(StdioServerParameters(command=sys.argv[3], args=["serve"]))
    headers = {"Authorization": f"Bearer {sys.argv[4]}"}
    return streamable_http_client(sys.argv[3], http_client=httpx2.AsyncClient(headers=headers, timeout=60))


async def main():
    async with Client(transport(), mode=sys.argv[1]) as client:
        print("protocol", client.protocol_version)
        for scenario in (greeting, searching, one_tool, scripts, mistakes, cancelling, together, reading, wrappers, discovering):
            await scenario(client)
            print(scenario.__name__, flush=True)


anyio.run(main)
