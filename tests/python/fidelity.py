"""Calls every wrapper of a manifest on sampled arguments over an echoing runtime and compares what arrives.

    python fidelity.py MANIFEST [--report]

Exits 1 unless every schema-valid sample arrives as the same JSON and every result comes back as it was sent.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import warnings
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import mcp_execution
from mcp_execution.wrappers import to_wire
from sampler import invalid_values, is_valid, valid_values, validator

SAMPLES = 8
MUTANTS = 8


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True)


def sent(call: Any) -> Any:
    """What arrives when `call` runs a wrapper or its twin, or the refusal."""
    mcp_execution.calls.clear()
    try:
        made = call()
        if inspect.iscoroutine(made):
            made.send(None)
            raise RuntimeError("a wrapper was suspended")
    except StopIteration:
        pass
    except (mcp_execution.SchemaValidationError, TypeError) as refusal:
        return refusal
    ((_, arguments),) = mcp_execution.calls
    return arguments


def keywords(model: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments by the names of the wrapper's parameters."""
    fields = model.model_fields.items()
    names = {name if field.serialization_alias is None else field.serialization_alias: name for name, field in fields}
    return {names.get(key, key): value for key, value in arguments.items()}


class Tally:
    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.failures: list[str] = []

    def fail(self, what: str, entry: dict[str, Any], detail: object) -> None:
        self.count[what] += 1
        self.failures.append(f"{what}: {entry['tool']}: {detail}"[:600])


def check_tool(entry: dict[str, Any], tally: Tally) -> None:
    try:
        package = importlib.import_module(f"servers.{entry['package']}")
        module = importlib.import_module(f"servers.{entry['package']}.{entry['function']}")
        function = getattr(package, entry["function"])
        twin = getattr(importlib.import_module(f"servers.{entry['package']}.sync"), entry["function"])
        model = module._tool._params
        model.model_rebuild()
    except Exception as error:
        tally.fail("not loaded", entry, repr(error))
        return
    tally.count["tools"] += 1
    seed = zlib.crc32(entry["tool"].encode())
    schema = entry["input"]
    samples = [value for value in valid_values(schema, SAMPLES, seed) if isinstance(value, dict)]
    tally.count["sampled"] += bool(samples)
    if not samples and "--verbose" in sys.argv:
        print("not sampled", entry["tool"])
    exact = True
    for sample in samples:
        tally.count["samples"] += 1
        for call in (
            lambda: function(**keywords(model, sample)),
            lambda: function(model.model_validate(sample)),
            lambda: twin(**keywords(model, sample)),
        ):
            arrived = sent(call)
            if isinstance(arrived, Exception) or canonical(arrived) != canonical(sample):
                exact = False
                tally.fail("changed", entry, f"{canonical(sample)} arrived as {arrived!r}")
    tally.count["exact tools"] += exact and bool(samples)
    check_unlisted(entry, function, model, samples, tally)
    for mutant in invalid_values(schema, samples, MUTANTS, seed):
        tally.count["mutants"] += 1
        if isinstance(sent(lambda: function(**keywords(model, mutant))), Exception):
            tally.count["refused mutants"] += 1
        elif "--verbose" in sys.argv:
            print("kept mutant", entry["tool"], canonical(mutant)[:300])
    check_results(entry, twin, samples, seed, tally)


def check_unlisted(entry: dict[str, Any], function: Any, model: Any, samples: list[Any], tally: Tally) -> None:
    judge = validator(entry["input"])
    for sample in samples[:1]:
        extended = {**sample, "x-unlisted": 1.0}
        if not is_valid(judge, extended):
            continue
        tally.count["open tools"] += 1
        arrived = sent(lambda: function(**keywords(model, extended)))
        if isinstance(arrived, Exception) or canonical(arrived) != canonical(extended):
            tally.fail("unlisted key lost", entry, canonical(extended))


def check_results(entry: dict[str, Any], twin: Any, samples: list[Any], seed: int, tally: Tally) -> None:
    if not samples:
        return
    model = importlib.import_module(f"servers.{entry['package']}.{entry['function']}")._tool._params
    schema = entry["output"]
    answers = [] if schema is None else list(valid_values(schema, 4, seed))
    typed = len(answers)
    answers += [{"unexpected": [1.0, None]}, "text", None]
    for index, answer in enumerate(answers):
        mcp_execution.answer[:] = [answer]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = twin(**keywords(model, samples[0]))
        mcp_execution.answer.clear()
        tally.count["results"] += 1
        if canonical(to_wire(result)) != canonical(answer):
            tally.fail("result changed", entry, f"{canonical(answer)} became {result!r}")
        if index < typed:
            tally.count["typed results"] += 1
            if caught:
                tally.fail("result not typed", entry, f"{canonical(answer)[:200]}: {caught[0].message}")


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} % ({part} of {whole})" if whole else "-"


def report(tally: Tally) -> None:
    count = tally.count
    loaded = count["tools"] + count["not loaded"]
    rows = [
        ("tool loads", share(count["tools"], loaded)),
        (
            "tools whose every schema-valid sample arrives as the same JSON",
            share(count["exact tools"], count["sampled"]),
        ),
        ("tools without a schema that can be sampled", str(count["tools"] - count["sampled"])),
        ("schema-valid samples, each sent three ways", str(count["samples"])),
        ("schema-invalid arguments refused by the model alone", share(count["refused mutants"], count["mutants"])),
        (
            "unlisted key kept where the schema allows it",
            share(count["open tools"] - count["unlisted key lost"], count["open tools"]),
        ),
        ("result handed over unchanged", share(count["results"] - count["result changed"], count["results"])),
        (
            "schema-valid result typed",
            share(count["typed results"] - count["result not typed"], count["typed results"]),
        ),
    ]
    print("| | figure |\n|---|---|")
    for name, figure in rows:
        print(f"| {name} | {figure} |")


def main() -> int:
    warnings.simplefilter("ignore")
    tally = Tally()
    for entry in json.loads(Path(sys.argv[1]).read_text()):
        check_tool(entry, tally)
    if "--report" in sys.argv:
        report(tally)
    for failure in tally.failures[:40]:
        print(failure)
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
