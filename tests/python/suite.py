"""The JSON Schema Test Suite, each group's schema as the one argument of a tool.

    python suite.py prepare FOLDER   downloads the suite once and writes FOLDER/tools.json
    python suite.py check FOLDER     calls the generated wrappers and prints a table

`check` exits 1 unless every valid instance arrives unchanged.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tarfile
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

DRAFT = "draft2020-12"


def prepare(folder: Path) -> None:
    archives = folder.resolve().parent.parent / "test-suite"
    if not list(archives.glob("*.tar.gz")):
        download = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-binary",
            ":all:",
            "--no-deps",
            "--dest",
            str(archives),
        ]
        subprocess.run([*download, "jsonschema"], check=True, stdout=subprocess.DEVNULL)
    archive = min(archives.glob("*.tar.gz"))
    groups = []
    with tarfile.open(archive) as tar:
        for member in sorted(tar.getmembers(), key=lambda member: member.name):
            if f"/json/tests/{DRAFT}/" in member.name and member.name.endswith(".json"):
                file = tar.extractfile(member)
                assert file is not None
                keyword = member.name.split(f"/{DRAFT}/")[1]
                groups += [(keyword, group) for group in json.load(file)]
    tools = [
        {
            "name": f"case_{index}",
            "description": f"{keyword}: {group['description']}",
            "inputSchema": as_argument(group["schema"]),
        }
        for index, (keyword, group) in enumerate(groups)
    ]
    (folder / "tools.json").write_text(json.dumps({"tools": tools}))
    (folder / "groups.json").write_text(json.dumps(groups))


def as_argument(schema: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"value": moved(schema)},
        "required": ["value"],
        "additionalProperties": False,
    }


def moved(schema: Any) -> Any:
    """The schema with its own pointers leading to its new place."""
    if isinstance(schema, dict):
        if isinstance(schema.get("$id"), str):
            return schema
        moved_schema = {key: value if key in ("const", "enum") else moved(value) for key, value in schema.items()}
        reference = schema.get("$ref")
        if isinstance(reference, str) and (reference == "#" or reference.startswith("#/")):
            moved_schema["$ref"] = "#/properties/value" + reference[1:]
        return moved_schema
    return [moved(item) for item in schema] if isinstance(schema, list) else schema


def check(folder: Path) -> int:
    import mcp_execution

    warnings.simplefilter("ignore")
    count: Counter[str] = Counter()
    loosened: Counter[str] = Counter()
    failures = []
    for index, (keyword, group) in enumerate(json.loads((folder / "groups.json").read_text())):
        wrapper = getattr(importlib.import_module("servers.suite.sync"), f"case_{index}")
        for test in group["tests"]:
            kind = "valid" if test["valid"] else "invalid"
            count[kind] += 1
            mcp_execution.calls.clear()
            try:
                wrapper(value=test["data"])
                arrived = json.dumps(mcp_execution.calls[0][1], sort_keys=True) == json.dumps(
                    {"value": test["data"]}, sort_keys=True
                )
            except mcp_execution.SchemaValidationError as error:
                arrived = False
                if test["valid"]:
                    failures.append(f"{keyword}: {group['description']}: {test['description']}: {error}")
            if test["valid"] and arrived:
                count["accepted"] += 1
            elif not test["valid"] and not arrived:
                count["refused"] += 1
            elif not test["valid"]:
                loosened[keyword] += 1
    print("| | figure |\n|---|---|")
    print(f"| valid instances accepted unchanged | {count['accepted']} of {count['valid']} |")
    print(f"| invalid instances refused by the model alone | {count['refused']} of {count['invalid']} |")
    print(
        "left to the schema guard of the core:",
        ", ".join(f"{keyword} {number}" for keyword, number in loosened.most_common()),
    )
    print("\n".join(failures[:40]))
    return 0 if count["accepted"] == count["valid"] else 1


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]))
    else:
        sys.exit(check(Path(sys.argv[2])))
