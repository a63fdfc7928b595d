"""The calls of `sdk.rs` by a script of the studio. Its result is seconds."""

import asyncio
import json
import sys
import time

from mcp_execution import acall_tool, call_tool, set_result

CALLS, IN_FLIGHT, LARGE, WARM_UP = json.loads(sys.argv[1])


def timed(tool, path):
    start = time.perf_counter()
    call_tool(tool, {"path": path})
    return time.perf_counter() - start


async def burst():
    start = time.perf_counter()
    for _ in range(CALLS // IN_FLIGHT):
        await asyncio.gather(*(acall_tool("files__file_info", {"path": "a.txt"}) for _ in range(IN_FLIGHT)))
    return time.perf_counter() - start


for _ in range(WARM_UP):
    call_tool("files__file_info", {"path": "a.txt"})
single = [timed("files__file_info", "a.txt") for _ in range(CALLS)]
together = asyncio.run(burst())
call_tool("files__read_text", {"path": "large.txt"})
large = [timed("files__read_text", "large.txt") for _ in range(LARGE)]
set_result({"single": single, "burst": together, "large": large})
