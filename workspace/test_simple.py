"""The first script to run: what is in this project? It calls two tools of the embedded file server."""

from mcp_execution import call_tool

listing = call_tool("files__list_directory", {"path": "."})
for entry in listing["entries"]:
    print(f"{entry['kind']:10} {entry['path']}")

readme = call_tool("files__read_text", {"path": "README.md", "limit": 3})
print()
print(readme["text"].strip())
