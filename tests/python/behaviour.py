"""What a script can rely on when it calls a wrapper. Run in a workspace of golden wrappers and one big server."""

from __future__ import annotations

import asyncio
import datetime
import inspect
import sys
import warnings
from collections.abc import Callable
from typing import Any

import mcp_execution
from mcp_execution import SchemaValidationError
from mcp_execution.wrappers import UNSET, to_wire


def sent(call: Callable[[], Any]) -> Any:
    """What arrives on the wire, or the words of the refusal."""
    mcp_execution.calls.clear()
    try:
        made = call()
        if inspect.iscoroutine(made):
            asyncio.run(made)
    except SchemaValidationError as refusal:
        assert not mcp_execution.calls
        return str(refusal)
    return mcp_execution.calls[0][1]


def same(actual: object, expected: object) -> None:
    assert repr(actual) == repr(expected), f"\n{actual!r}\n{expected!r}"


def only_what_is_asked_for_is_imported() -> None:
    from servers.big import tool_7

    loaded = [name for name in sys.modules if name.startswith("servers.big.")]
    same(loaded, ["servers.big.tool_7"])
    same(tool_7.__name__, "tool_7")
    import servers.big.tool_9
    from servers.big import tool_9
    from servers.big.tool_9 import Tool9Params

    same((tool_9.__name__, Tool9Params.__name__), ("tool_9", "Tool9Params"))
    assert servers.big.tool_9 is tool_9, "importing the module does not hide the function"
    assert "tool_3" in dir(servers_big())
    try:
        servers_big().tool_1000
    except AttributeError as error:
        same(str(error), "module 'servers.big' has no attribute 'tool_1000'")


def servers_big() -> Any:
    import servers.big

    return servers.big


def every_way_of_calling_sends_the_same() -> None:
    from servers.everyday import GitLogParams, git_log, sync
    from servers.everyday.git_log import Author

    wire = {"repo_path": ".", "max_count": 2.0, "since": None, "author": {"name": "A"}}
    ways: list[Callable[[], Any]] = [
        lambda: git_log(repo_path=".", max_count=2.0, since=None, author=Author(name="A")),
        lambda: git_log(repo_path=".", max_count=2.0, since=None, author={"name": "A"}, order=UNSET),
        lambda: git_log(GitLogParams(repo_path=".", max_count=2.0, since=None, author=Author(name="A"))),
        lambda: git_log(GitLogParams.model_validate(wire)),
        lambda: sync.git_log(repo_path=".", max_count=2.0, since=None, author=Author(name="A")),
        lambda: sync.git_log(GitLogParams.model_validate(wire)),
    ]
    for way in ways:
        same(sent(way), wire)
    same(GitLogParams.model_validate(wire).model_dump(exclude_unset=True), wire)

    async def twin_in_a_loop() -> Any:
        return sync.git_log(repo_path=".")

    same(sent(lambda: twin_in_a_loop()), {"repo_path": "."})


def names_on_the_wire_are_those_of_the_schema() -> None:
    from servers.keywords import ImportParams, import_

    same(sent(lambda: import_(from__2="a", class_="b", from_="c")), {"from": "a", "class": "b", "from_": "c"})
    same(sent(lambda: import_(ImportParams(from__2="a", list_=1))), {"from": "a", "list": 1})
    same(ImportParams.model_validate({"from": "a", "from_": "b"}), ImportParams(from__2="a", from_="b"))
    from servers.open_arguments import echo

    same(sent(lambda: echo(**{"a b": 1, "_params": 2, "self": 3})), {"a b": 1, "_params": 2, "self": 3})


def values_are_not_rewritten() -> None:
    from servers.numbers import scale
    from servers.tuples import draw

    same(sent(lambda: scale(factor=1, seed=10**30, steps=5.0)), {"factor": 1, "steps": 5.0, "seed": 10**30})
    same(sent(lambda: draw(from_=(1, 2.0), label=["a", 1])), {"from": [1, 2.0], "label": ["a", 1]})
    from servers.formats import invite

    same(sent(lambda: invite(email="A@B", at="yesterday")), {"email": "A@B", "at": "yesterday"})
    same(to_wire({"a": UNSET, "b": [{"c": UNSET}]}), {"b": [{}]})


def refusals_name_the_field() -> None:
    from servers.everyday import git_log
    from servers.nested_objects import create_order
    from servers.one_of_tagged import draw
    from servers.open_arguments import echo

    head = "arguments of everyday__git_log do not fit its schema: "
    cases: list[tuple[Callable[[], Any], str]] = [
        (lambda: git_log(repo_path=1), head + "repo_path: Input should be a valid string"),
        (lambda: git_log(repo_path=None), head + "repo_path: Input should be a valid string"),
        (lambda: git_log(repo_path=".", max_count=True), head + "max_count: Input should be an integer"),
        (
            lambda: git_log(repo_path=".", max_count=1.5),
            head + "max_count: Input should be an integer, without a fraction",
        ),
        (lambda: git_log(repo_path=".", max_count=0), head + "max_count: Input should be greater than or equal to 1"),
        (
            lambda: git_log(repo_path=".", branches=["a", ""]),
            head + "branches[1]: String should have at least 1 character",
        ),
        (lambda: git_log(repo_path=".", order="size"), head + "order: Input should be 'date' or 'topo'"),
        (
            lambda: git_log(repo_path=".", author={"name": "A", "x": 1}),
            head + "author.x: Extra inputs are not permitted",
        ),
        (lambda: git_log(repo_path=".", since=datetime.date(2024, 1, 1)), head + "since: JSON has no date"),
        (
            lambda: create_order(customer={"name": "A", "address": {"street": "S"}}),
            "arguments of nested_objects__create_order do not fit its schema: customer.address.city: Field required",
        ),
        (
            lambda: draw(shape={"kind": "circle", "radius": "1"}),
            "arguments of one_of_tagged__draw do not fit its schema: shape.radius: Input should be a number",
        ),
        (lambda: echo(x=float("nan")), "arguments of open_arguments__echo do not fit its schema: x: JSON has no nan"),
        (
            lambda: echo(x={1: 2}),
            "arguments of open_arguments__echo do not fit its schema: x: an object's key is a string, not 1",
        ),
    ]
    for call, words in cases:
        same(sent(call), words)
    try:
        asyncio.run(git_log(repo_path=1))
    except SchemaValidationError as refusal:
        same((refusal.server, refusal.tool, refusal.arguments), ("everyday", "git_log", {"repo_path": 1}))
    deep: list[Any] = []
    deep.append(deep)
    same(sent(lambda: echo(x=deep)), "arguments of open_arguments__echo do not fit its schema: nested too deeply")


def results_are_typed_or_handed_over() -> None:
    from servers.everyday import GitLogResult, sync

    answer = {"commits": [{"hash": "a", "files": 1.0, "new": None}], "more": False}
    mcp_execution.answer[:] = [answer]
    result = sync.git_log(repo_path=".")
    assert isinstance(result, GitLogResult)
    same((result.commits[0].hash, result.commits[0].date, result.more), ("a", UNSET, False))
    same(to_wire(result), {"commits": [{"hash": "a", "files": 1.0, "new": None}], "more": False})
    mcp_execution.answer[:] = [{"commits": "none"}]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        unfit = sync.git_log(repo_path=".")
    same(unfit, {"commits": "none"})
    words = "result of everyday__git_log does not fit its output schema and is handed over as it came: commits: Input should be a valid list"
    same([str(warning.message) for warning in caught], [words])
    mcp_execution.answer.clear()


def slips_are_pointed_out() -> None:
    from servers.defaults import search

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        same(sent(lambda: search(limt=3, other=1)), {"limt": 3, "other": 1})
    words = "defaults__search is called with 'limt', which its schema does not name; is 'limit' meant?"
    same([str(warning.message) for warning in caught], [words])


def functions_describe_themselves() -> None:
    from servers.everyday import git_log, sync

    same(
        (git_log.__name__, inspect.iscoroutinefunction(git_log), inspect.iscoroutinefunction(sync.git_log)),
        ("git_log", True, False),
    )
    same(inspect.signature(git_log), inspect.signature(sync.git_log))
    same(
        list(inspect.signature(git_log).parameters), ["repo_path", "max_count", "since", "branches", "order", "author"]
    )
    same((git_log.__doc__ or "").splitlines()[0], "Git log")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    only_what_is_asked_for_is_imported()
    every_way_of_calling_sends_the_same()
    names_on_the_wire_are_those_of_the_schema()
    values_are_not_rewritten()
    refusals_name_the_field()
    results_are_typed_or_handed_over()
    slips_are_pointed_out()
    functions_describe_themselves()
    print("all as described")
