"""Values that a JSON Schema allows, and values that it refuses, made from a seed."""

from __future__ import annotations

import copy
import functools
import random
from collections.abc import Iterator
from typing import Any

import jsonschema
from jsonschema.validators import validator_for

KINDS = ["null", "boolean", "integer", "number", "string", "array", "object"]
TEXTS = [
    "",
    "a",
    "Hello, wörld",
    "line\nbreak",
    "10",
    "true",
    "null",
    "2024-02-30T25:61:00Z",
    "\U0001f980 \u202e \"'\\",
    " x ",
]
FORMATS = {
    "date-time": "2024-05-06T07:08:09+02:00",
    "date": "2024-05-06",
    "time": "07:08:09",
    "email": "A.b+c@Example.COM",
    "uri": "HTTP://Example.com:80/a/../b?x=%7e#f",
    "uuid": "6F9619FF-8B86-D011-B42D-00C04FC964FF",
    "ipv4": "127.0.0.1",
    "ipv6": "0:0:0:0:0:0:0:1",
}
PATTERNED = [
    "a",
    "A1",
    "0",
    "1",
    "123",
    "1234",
    "12345",
    "2024-05-06",
    "2024-05",
    "12:30",
    "a-b",
    "a_b",
    "abc@def.gh",
    "https://example.com/x",
    "/a/b",
    "#ff00aa",
    "ABC",
    "US",
    "en",
    "en-US",
    "1.2.3",
    "v1",
    "07:08:09",
    "PROJ-1",
    "a/b",
    "tt0111161",
    "1h",
    "1d",
    "5m",
] + ["", "0" * 24, "0" * 32, "0" * 40, "0" * 64, "0x" + "aF" * 20]


class Sampler:
    """Makes values for the subschemas of one document."""

    def __init__(self, root: Any, seed: int) -> None:
        self.root = root
        self.random = random.Random(seed)
        self.fullness = 0.5

    def value(self, schema: Any, depth: int = 0) -> Any:
        if not isinstance(schema, dict):
            return self.anything(depth)
        schema = self.resolved(schema, depth)
        if "const" in schema:
            return copy.deepcopy(schema["const"])
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return copy.deepcopy(self.random.choice(schema["enum"]))
        kinds = schema.get("type", self.guessed_kinds(schema))
        kind = self.random.choice(kinds) if isinstance(kinds, list) else kinds
        if schema.get("nullable") is True and self.random.random() < 0.2:
            return None
        make = getattr(self, f"make_{kind}", None)
        return make(schema, depth) if make else self.anything(depth)

    def resolved(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        """The schema with its references followed and one branch of each alternative taken."""
        merged = dict(schema)
        for _ in range(20):
            parts = []
            if isinstance(merged.get("$ref"), str):
                parts.append(self.target(merged.pop("$ref")))
            parts.extend(part for part in merged.pop("allOf", []) or [])
            for key in ("anyOf", "oneOf"):
                if isinstance(merged.get(key), list) and merged[key]:
                    branches = merged.pop(key)
                    parts.append(min(branches, key=references) if depth > 4 else self.random.choice(branches))
            if not parts:
                break
            for part in parts:
                merged = merge(merged, part)
        return merged

    def target(self, reference: str) -> Any:
        node = self.root
        for part in reference.lstrip("#").split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            try:
                node = node[int(part)] if isinstance(node, list) else node[part]
            except (KeyError, IndexError, ValueError, TypeError):
                return {}
        return node

    def guessed_kinds(self, schema: dict[str, Any]) -> Any:
        if "properties" in schema or "required" in schema:
            return "object" if self.random.random() < 0.8 else KINDS
        return "array" if "items" in schema else KINDS

    def anything(self, depth: int) -> Any:
        return self.random.choice(
            [None, True, 0, 1.0, 2.5, -3, 10**30, "x", "", [], {}, [1, "a", None], {"k": [1.0, {"z": False}]}]
        )

    def make_null(self, schema: dict[str, Any], depth: int) -> None:
        return None

    def make_boolean(self, schema: dict[str, Any], depth: int) -> bool:
        return self.random.random() < 0.5

    def make_integer(self, schema: dict[str, Any], depth: int) -> Any:
        value = int(self.within(schema, integer=True))
        step = schema.get("multipleOf")
        if isinstance(step, (int, float)) and step >= 1:
            value = int(value // step * step)
        return float(value) if self.random.random() < 0.15 and abs(value) < 2**50 else value

    def make_number(self, schema: dict[str, Any], depth: int) -> Any:
        value = self.within(schema, integer=False)
        return int(value) if self.random.random() < 0.4 else float(value)

    def within(self, schema: dict[str, Any], integer: bool) -> Any:
        number = functools.partial(numeric, schema)
        low, high = number("minimum"), number("maximum")
        if number("exclusiveMinimum") is not None:
            low = (
                max(low, number("exclusiveMinimum") + 1)
                if low is not None
                else number("exclusiveMinimum") + (1 if integer else 0.5)
            )
        if number("exclusiveMaximum") is not None:
            high = number("exclusiveMaximum") - (1 if integer else 0.001)
        if low is None and high is None:
            return self.random.choice(
                [0, 1, -1, 7, 42, -1000, 2**31, 2**53 + 1, 10**22] + ([] if integer else [0.5, -2.25, 1e-7, 3.0])
            )
        low = low if low is not None else high - 100
        high = high if high is not None else low + 100
        if integer or self.random.random() < 0.5:
            return self.random.randint(-(-int(low) // 1), max(int(low), int(high)))
        return self.random.uniform(low, high)

    def make_string(self, schema: dict[str, Any], depth: int) -> str:
        if isinstance(schema.get("pattern"), str):
            fitting = [
                text
                for text in PATTERNED
                if jsonschema.Draft202012Validator({"pattern": schema["pattern"]}).is_valid(text)
            ]
            return self.random.choice(fitting or ["x"])
        text = FORMATS.get(str(schema.get("format"))) or self.random.choice(TEXTS)
        least, most = schema.get("minLength"), schema.get("maxLength")
        if isinstance(least, int) and len(text) < least:
            text += "é" * (least - len(text))
        return text[:most] if isinstance(most, int) else text

    def make_array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        items = schema.get("items")
        prefix = schema.get("prefixItems") or (items if isinstance(items, list) else [])
        least = schema.get("minItems", 0) if isinstance(schema.get("minItems"), int) else 0
        most = schema.get("maxItems", least + 3) if isinstance(schema.get("maxItems"), int) else least + 3
        count = self.random.randint(least, max(least, min(most, least + 3))) if depth < 5 else least
        if prefix:
            count = max(count, min(len(prefix), most))
        rest = items if isinstance(items, (dict, bool)) else schema.get("additionalItems", {})
        return [self.value(prefix[i] if i < len(prefix) else rest, depth + 1) for i in range(count)]

    def make_object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties") if isinstance(schema.get("properties"), dict) else {}
        required = [key for key in schema.get("required") or [] if isinstance(key, str)]
        made: dict[str, Any] = {}
        for key, inner in properties.items():
            if key in required or (depth < 6 and self.random.random() < self.fullness):
                made[key] = self.value(inner, depth + 1)
        for key in required:
            if key not in made:
                made[key] = self.value(properties.get(key, schema.get("additionalProperties", {})), depth + 1)
        others = schema.get("additionalProperties", True)
        if others is not False and depth < 4 and self.random.random() < 0.3:
            made["unlisted key-1"] = self.value(others, depth + 1)
            made["from"] = made.get("from", self.value(others, depth + 1))
        patterns = schema.get("patternProperties")
        if isinstance(patterns, dict):
            for pattern, inner in patterns.items():
                key = self.make_string({"pattern": pattern}, depth)
                made.setdefault(key, self.value(inner, depth + 1))
        return made


def numeric(schema: dict[str, Any], key: str) -> Any:
    """A keyword's value, where it is a number."""
    value = schema.get(key)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def references(schema: Any) -> int:
    """How many references a schema holds: a measure of how much deeper it leads."""
    return repr(schema).count("'$ref'")


def merge(left: dict[str, Any], right: Any) -> dict[str, Any]:
    """Both schemas in one, as far as a sample needs it."""
    if not isinstance(right, dict):
        return left
    merged = {**left, **right}
    for key in ("properties", "patternProperties"):
        if isinstance(left.get(key), dict) and isinstance(right.get(key), dict):
            merged[key] = {**left[key], **right[key]}
            for name in left[key].keys() & right[key].keys():
                merged[key][name] = {"allOf": [left[key][name], right[key][name]]}
    if isinstance(left.get("required"), list) and isinstance(right.get("required"), list):
        merged["required"] = [*left["required"], *right["required"]]
    return merged


def validator(schema: Any) -> Any:
    """The validator of the schema's own draft, or `None` where the schema is none."""
    cls = validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        cls.check_schema(schema)
    except jsonschema.SchemaError:
        return None
    return cls(schema)


def valid_values(schema: Any, count: int, seed: int) -> Iterator[Any]:
    """Distinct values that the schema allows: a bare one, a full one, and others."""
    judge = validator(schema)
    if judge is None:
        return
    sampler = Sampler(schema, seed)
    seen: list[str] = []
    for attempt in range(count * 4):
        sampler.fullness = {0: 0.0, 1: 1.0}.get(attempt, 0.6)
        try:
            value = sampler.value(schema)
        except RecursionError:
            continue
        if repr(value) not in seen and is_valid(judge, value):
            seen.append(repr(value))
            yield value
        if len(seen) == count:
            return


def is_valid(judge: Any, value: Any) -> bool:
    try:
        return bool(judge.is_valid(value))
    except Exception:  # an unresolvable reference
        return False


def invalid_values(schema: Any, valid: list[Any], count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Values one step away from valid ones that the schema refuses."""
    judge = validator(schema)
    if judge is None:
        return
    chance = random.Random(seed)
    found = 0
    for _ in range(count * 6):
        if not valid or found == count:
            return
        value = mutated(chance, copy.deepcopy(chance.choice(valid)))
        try:
            refused = isinstance(value, dict) and not judge.is_valid(value)
        except Exception:
            return
        if refused:
            found += 1
            yield value


def mutated(chance: random.Random, value: Any) -> Any:
    """`value` with one thing in it changed, removed or added."""
    places = list(containers(value))
    container = chance.choice(places)
    if isinstance(container, dict):
        key = chance.choice([*container, "surplus"]) if container else "surplus"
        if key in container and chance.random() < 0.3:
            del container[key]
        else:
            container[key] = wrong(chance, container.get(key))
    elif container:
        index = chance.randrange(len(container))
        container[index] = wrong(chance, container[index])
    else:
        container.append(chance.choice([None, 1, "x"]))
    return value


def containers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from containers(inner)
    elif isinstance(value, list):
        yield value
        for inner in value:
            yield from containers(inner)


def wrong(chance: random.Random, value: Any) -> Any:
    if isinstance(value, bool):
        return chance.choice([1, 0, "true", None])
    if isinstance(value, (int, float)):
        return chance.choice([True, str(value), -(10**6), 10**6, value + 0.5, None, [value]])
    if isinstance(value, str):
        return chance.choice([1, None, True, value + "~?", [value], {"x": value}])
    return chance.choice([None, "x", 1, [], {}, [None], {"surplus": 1}])
