"""How much of this project is asynchronous? The tools are found by search, the work is done here, only a summary is printed."""

import asyncio
import sys
from pathlib import PurePosixPath

from mcp_execution import acall_tool, search_tools


def find(query: str, name: str) -> str:
    """The id of the embedded file server's tool: names cost a few tokens, definitions cost hundreds."""
    found = search_tools(query, detail="name")
    tools = [tool for tool in found if tool.startswith("files__") and name in tool]
    return tools[0] if tools else sys.exit(f"no tool of the server \"files\" is found by {query!r}")


async def main() -> None:
    list_directory = find("list directory", "list")
    read_text = find("read text file", "read")

    tree = await acall_tool(list_directory, {"path": "src", "recursive": True, "limit": 10_000})
    sources = [
        entry["path"]
        for entry in tree["entries"]
        if entry["kind"] == "file" and PurePosixPath(entry["path"]).suffix == ".rs"
    ]
    texts = await asyncio.gather(*(acall_tool(read_text, {"path": path}) for path in sources))
    asynchronous = sum("async" in text["text"] for text in texts)
    print(f"{asynchronous} of {len(sources)} source files contain async ({len(tree['entries'])} entries listed)")


await main()
