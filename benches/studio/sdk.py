"""The calls of `sdk.rs` by the Python SDK: `sdk.py BINARY`. Prints seconds as JSON."""

import asyncio
import json
import sys
import time

from mcp import StdioServerParameters
from mcp.client import Client
from mcp.client.stdio import stdio_client

CALLS, IN_FLIGHT, LARGE, WARM_UP = json.loads(sys.argv[2])


async def main():
    server = StdioServerParameters(command=sys.argv[1], args=["file-server", "--root", "."])
    async with Client(stdio_client(server)) as client:

        async def call(tool, path):
            result = await client.call_tool(tool, {"path": path})
            assert not result.is_error, result

        async def timed(tool, path):
            start = time.perf_counter()
            await call(tool, path)
            return time.perf_counter() - start

        for _ in range(WARM_UP):
            await call("file_info", "a.txt")
        single = [await timed("file_info", "a.txt") for _ in range(CALLS)]
        start = time.perf_counter()
        for _ in range(CALLS // IN_FLIGHT):
            await asyncio.gather(*(call("file_info", "a.txt") for _ in range(IN_FLIGHT)))
        burst = time.perf_counter() - start
        await call("read_text", "large.txt")
        large = [await timed("read_text", "large.txt") for _ in range(LARGE)]
    print(json.dumps({"single": single, "burst": burst, "large": large}))


asyncio.run(main())
