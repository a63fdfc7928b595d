"""Loads every reply with the model that was discovered of it, and through the wrapper that returns it."""

import asyncio
import importlib
import json
import sys
import warnings

import mcp_execution
from mcp_execution.wrappers import _Model, to_wire
from pydantic import BaseModel, TypeAdapter

warnings.simplefilter("error")


def adapter(model):
    is_class = isinstance(model, type) and issubclass(model, BaseModel)
    return TypeAdapter(model, config=None if is_class else _Model.model_config)


def answered_with(reply):
    async def acall_tool(name, arguments):
        return reply

    mcp_execution.acall_tool = acall_tool


def main():
    listed = json.load(open(sys.argv[1], encoding="utf-8"))
    package = importlib.import_module("servers.d")
    models = importlib.import_module("servers.d.discovered_types")
    assert sorted(models.__all__) == sorted(entry["model"] for entry in listed), models.__all__
    for entry in listed:
        for reply in entry["replies"]:
            loaded = adapter(getattr(models, entry["model"])).validate_python(reply, by_alias=True, by_name=False)
            assert to_wire(loaded) == reply, (entry["model"], loaded, reply)
            answered_with(reply)
            returned = asyncio.run(getattr(package, entry["function"])())
            assert to_wire(returned) == reply, (entry["function"], returned, reply)
    print(sum(len(entry["replies"]) for entry in listed), "replies of", len(listed), "tools")


main()
