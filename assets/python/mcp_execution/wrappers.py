"""What all generated wrappers share: exact types, models that rewrite nothing, and the way to the wire.

A wrapper checks what it is given against its parameter model, then sends the caller's own values: the model
never stands between them and the server. Absent (`UNSET`) and null (`None`) are different things.
"""

from __future__ import annotations

import functools
import importlib
import math
import sys
import warnings
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextvars import ContextVar
from enum import Enum
from types import ModuleType
from typing import Annotated, Any, Final, Generic, NoReturn, Protocol, TypeAlias, cast, final, overload

import pydantic
from pydantic import BaseModel, ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from typing_extensions import ParamSpec, TypeVar

__all__ = [
    "UNSET",
    "ArgumentWarning",
    "ClosedModel",
    "Integer",
    "Json",
    "Nothing",
    "Number",
    "OneOf",
    "OpenModel",
    "ResultWarning",
    "Tool",
    "Unset",
    "Wire",
    "blocking",
    "lazy_blocking",
    "lazy_exports",
    "to_wire",
]

if tuple(int(part) for part in pydantic.VERSION.split(".")[:2]) < (2, 11):
    from mcp_execution import ConfigurationError

    raise ConfigurationError(f"wrappers need pydantic 2.11 or later; this environment has {pydantic.VERSION}")

Json: TypeAlias = Any
"""Any JSON value."""

_ERRORS_SHOWN: Final = 8
"""Faults named in one error message."""


@final
class Unset:
    """The type of `UNSET`: an argument that is not given, as opposed to one that is `None`."""

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False

    def __copy__(self) -> Unset:
        return self

    def __deepcopy__(self, memo: object) -> Unset:
        return self

    def __reduce__(self) -> str:
        return "UNSET"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> CoreSchema:
        return core_schema.is_instance_schema(cls)


UNSET: Final = Unset()


def _integer(value: object) -> object:
    """JSON Schema counts 1.0 as an integer, and true not as a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise PydanticCustomError("integer", "Input should be an integer")
    if isinstance(value, float) and not value.is_integer():
        raise PydanticCustomError("integer", "Input should be an integer, without a fraction")
    return value


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise PydanticCustomError("number", "Input should be a number")
    return value


def _nothing(value: object) -> NoReturn:
    raise PydanticCustomError("nothing", "No value is allowed here")


Integer: TypeAlias = Annotated[int, PlainValidator(_integer)]
"""An integer of any size. `1.0` passes and stays `1.0`."""

Number: TypeAlias = Annotated[float, PlainValidator(_number)]
"""An integer or a float, kept as it is."""

Nothing: TypeAlias = Annotated[None, PlainValidator(_nothing)]
"""No value at all."""


def OneOf(*choices: Json) -> PlainValidator:
    """One of these JSON values, compared as JSON: `1` equals `1.0` but not `True`."""

    def check(value: object) -> object:
        if any(_same(value, choice) for choice in choices):
            return value
        raise PydanticCustomError(
            "one_of", "Input should be one of {choices}", {"choices": ", ".join(map(repr, choices))}
        )

    return PlainValidator(check)


def _same(left: object, right: object) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return left == right


def Wire(name: str) -> Any:
    """The name of a field on the wire, where it cannot be its name in Python."""
    return Field(validation_alias=name, serialization_alias=name)


class _Model(BaseModel):
    model_config = ConfigDict(
        strict=True,
        allow_inf_nan=False,
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
        protected_namespaces=(),
        defer_build=True,
    )


class OpenModel(_Model):
    """An object that may have further keys."""

    model_config = ConfigDict(extra="allow")


class ClosedModel(_Model):
    """An object without further keys."""

    model_config = ConfigDict(extra="forbid")


Path: TypeAlias = "tuple[str | int, ...]"
"""Keys and indexes that lead to a value."""


class _NotJson(Exception):
    """A value that JSON cannot carry, and where it is."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.fault = (path, message)


def to_wire(value: object) -> Json:
    """`value` as plain JSON data: models become objects of what was set, `UNSET` entries vanish, nothing else changes.

    Raises `SchemaValidationError` for what JSON cannot carry.
    """
    try:
        return _to_wire(value, ())
    except _NotJson as error:
        raise _refusal("", [error.fault]) from None


def _to_wire(value: object, path: Path) -> Json:
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise _NotJson(path, f"JSON has no {value!r}")
    if isinstance(value, _Model):
        return _entries_to_wire(_fields_set(value), path)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if isinstance(value, Mapping):
        return _entries_to_wire(value, path)
    if isinstance(value, (list, tuple)):
        return [_to_wire(item, (*path, index)) for index, item in enumerate(value)]
    if isinstance(value, Enum):
        return _to_wire(value.value, path)
    if isinstance(value, (str, int)):
        return value
    raise _NotJson(path, f"JSON has no {type(value).__name__}")


def _entries_to_wire(entries: Mapping[Any, object], path: Path) -> dict[str, Json]:
    wire: dict[str, Json] = {}
    for key, value in entries.items():
        if not isinstance(key, str):
            raise _NotJson(path, f"an object's key is a string, not {key!r}")
        if value is not UNSET:
            wire[key] = _to_wire(value, (*path, key))
    return wire


def _fields_set(model: BaseModel) -> dict[str, object]:
    """What was set on a model, by the names on the wire."""
    given = model.model_fields_set
    entries = {
        _wire_name(name, field): getattr(model, name)
        for name, field in type(model).model_fields.items()
        if name in given
    }
    return entries | (model.__pydantic_extra__ or {})


def _wire_name(name: str, field: FieldInfo) -> str:
    return name if field.serialization_alias is None else field.serialization_alias


def _refusal(tool: str, faults: Sequence[tuple[Path, str]], arguments: Json = None) -> Exception:
    """A `SchemaValidationError` that names each offending field by its path."""
    from mcp_execution import SchemaValidationError

    server, _, name = tool.partition("__")
    shown = [f"{_path_text(path)}: {message}" if path else message for path, message in faults[:_ERRORS_SHOWN]]
    if len(faults) > _ERRORS_SHOWN:
        shown.append(f"and {len(faults) - _ERRORS_SHOWN} more")
    head = f"arguments of {tool} do not fit its schema: " if tool else ""
    return SchemaValidationError(head + "; ".join(shown), server=server or None, tool=name or None, arguments=arguments)


def _path_text(path: Path) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).lstrip(".")


def _faults(error: ValidationError, wire: object) -> list[tuple[Path, str]]:
    """The faults in `wire`, each once, with the path of the field and without the names of union members."""
    faults: dict[tuple[Path, str], None] = {}
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        if fault["type"] != "is_instance_of":
            faults[_path_in(wire, fault["loc"], fault["type"] == "missing"), fault["msg"]] = None
    return list(faults) or [((), "Input should be valid")]


def _path_in(wire: object, location: tuple[int | str, ...], missing: bool) -> Path:
    """The parts of `location` that lead through `wire`; Pydantic puts the names of types between them."""
    path: list[str | int] = []
    for index, part in enumerate(location):
        inner = _child(wire, part)
        if inner is not UNSET:
            wire = inner
        elif not (missing and index == len(location) - 1):
            continue
        path.append(part)
    return tuple(path)


def _child(value: object, part: int | str) -> object:
    if isinstance(value, dict):
        return value.get(part, UNSET)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return UNSET


Arguments = ParamSpec("Arguments")
ParamsT = TypeVar("ParamsT", bound=BaseModel)
ParamsT_contra = TypeVar("ParamsT_contra", bound=BaseModel, contravariant=True)
ResultT = TypeVar("ResultT")
ResultT_co = TypeVar("ResultT_co", covariant=True)


class Wrapper(Protocol[Arguments, ParamsT_contra, ResultT_co]):  # pyright: ignore[reportInvalidTypeVarUse]
    """A wrapper as it is called: with keyword arguments, or with its parameter model."""

    @overload
    def __call__(self, params: ParamsT_contra, /) -> Coroutine[Any, Any, ResultT_co]: ...
    @overload
    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Coroutine[Any, Any, ResultT_co]: ...


class BlockingWrapper(Protocol[Arguments, ParamsT_contra, ResultT_co]):  # pyright: ignore[reportInvalidTypeVarUse]
    """The same, without `await`."""

    @overload
    def __call__(self, params: ParamsT_contra, /) -> ResultT_co: ...
    @overload
    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> ResultT_co: ...


_blocking: ContextVar[bool] = ContextVar("mcp_execution_blocking", default=False)
"""Whether the wrapper that runs now was called through its blocking twin."""


class Tool(Generic[ParamsT, ResultT]):
    """One tool: its id, its parameter model and the type of its result, as in `Tool[Params, Result]("server__tool")`."""

    def __init__(self, name: str, *, discovered: bool = False) -> None:
        self.name = name
        self._expected = "what was discovered of it" if discovered else "its output schema"

    def wrapper(
        self, function: Callable[Arguments, Coroutine[Any, Any, ResultT]]
    ) -> Wrapper[Arguments, ParamsT, ResultT]:
        """Makes `function` accept the parameter model in place of its keyword arguments."""
        start = cast("Callable[..., Coroutine[Any, Any, ResultT]]", function)

        @functools.wraps(start)
        async def call(*args: Any, **kwargs: Any) -> ResultT:
            if len(args) == 1 and not kwargs and isinstance(args[0], self._params):
                return await self.call(_fields_set(args[0]))
            return await start(*args, **kwargs)

        return cast("Wrapper[Arguments, ParamsT, ResultT]", call)

    async def call(self, arguments: Mapping[str, object]) -> ResultT:
        """Checks `arguments` (by their names on the wire), sends them as they are and types the answer."""
        from mcp_execution import acall_tool, call_tool

        wire = self._checked(arguments)
        if _blocking.get():
            return self._typed(call_tool(self.name, wire))
        return self._typed(await acall_tool(self.name, wire))

    @functools.cached_property
    def _types(self) -> tuple[Any, Any]:
        params, result = cast("Any", self).__orig_class__.__args__
        return params, result

    @property
    def _params(self) -> type[ParamsT]:
        return cast("type[ParamsT]", self._types[0])

    @functools.cached_property
    def _result(self) -> TypeAdapter[Any] | None:
        result = self._types[1]
        if result is Any:
            return None
        is_model = isinstance(result, type) and issubclass(result, BaseModel)
        return TypeAdapter(result, config=None if is_model else _Model.model_config)

    def _checked(self, arguments: Mapping[str, object]) -> dict[str, Json]:
        wire: dict[str, Json] = {}
        try:
            wire = _entries_to_wire(arguments, ())
            self._params.model_validate(wire, by_alias=True, by_name=False)
        except _NotJson as error:
            raise _refusal(self.name, [error.fault]) from None
        except ValidationError as error:
            raise _refusal(self.name, _faults(error, wire), wire) from None
        except RecursionError:
            raise _refusal(self.name, [((), "nested too deeply")]) from None
        if self._params.model_config.get("extra") == "allow":
            self._warn_of_typos(wire)
        return wire

    def _warn_of_typos(self, wire: Mapping[str, Json]) -> None:
        """Further keys are sent as they are; one that looks like a declared key is probably a slip."""
        declared = {_wire_name(name, field) for name, field in self._params.model_fields.items()}
        further = wire.keys() - declared
        if not further or not declared - wire.keys():
            return
        from difflib import get_close_matches

        for key in sorted(further):
            for meant in get_close_matches(key, sorted(declared - wire.keys()), 1, 0.8):
                text = f"{self.name} is called with {key!r}, which its schema does not name; is {meant!r} meant?"
                warnings.warn(text, ArgumentWarning, stacklevel=3)

    def _typed(self, answer: Json) -> ResultT:
        """`answer` as the declared type, or as it came where it does not fit."""
        if self._result is None:
            return cast("ResultT", answer)
        try:
            return cast("ResultT", self._result.validate_python(answer, by_alias=True, by_name=False))
        except (ValidationError, RecursionError) as error:
            faults = _faults(error, answer) if isinstance(error, ValidationError) else [((), "nested too deeply")]
            path, message = faults[0]
            where = f"{_path_text(path)}: " if path else ""
            text = (
                f"result of {self.name} does not fit {self._expected} and is handed over as it came: {where}{message}"
            )
            warnings.warn(text, ResultWarning, stacklevel=2)
            return cast("ResultT", answer)


class ArgumentWarning(UserWarning):
    """An argument that is probably misspelt. It is sent as it is."""


class ResultWarning(UserWarning):
    """A result that does not fit its output schema, or what was discovered."""


def blocking(wrapper: Wrapper[Arguments, ParamsT, ResultT]) -> BlockingWrapper[Arguments, ParamsT, ResultT]:
    """The blocking twin of `wrapper`. It needs no event loop and works inside a running one."""
    start = cast("Callable[..., Coroutine[Any, Any, ResultT]]", wrapper)

    @functools.wraps(start)
    def call(*args: Any, **kwargs: Any) -> ResultT:
        token = _blocking.set(True)
        try:
            start(*args, **kwargs).send(None)
        except StopIteration as done:
            return cast("ResultT", done.value)
        finally:
            _blocking.reset(token)
        raise RuntimeError("a blocking wrapper was suspended")

    return cast("BlockingWrapper[Arguments, ParamsT, ResultT]", call)


class _LazyPackage(ModuleType):
    """A package that imports the module of a tool when one of its names is first asked for."""

    _exports: Mapping[str, str]

    def __getattr__(self, name: str) -> Any:
        module = self._exports.get(name)
        if module is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{self.__name__}.{module}"), name)
        super().__setattr__(name, value)
        return value

    def __setattr__(self, name: str, value: object) -> None:
        """Importing a submodule sets it as an attribute, where the tool of the same name belongs."""
        if isinstance(value, ModuleType) and self._exports.get(name) == name:
            value = getattr(value, name)
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._exports})


def lazy_exports(package: str, modules: Mapping[str, Sequence[str]]) -> None:
    """Makes `package` offer the names of its `modules`, importing each on first use."""
    module = sys.modules[package]
    module.__dict__["_exports"] = {name: module_name for module_name, names in modules.items() for name in names}
    module.__class__ = _LazyPackage


def lazy_blocking(module: str, names: Sequence[str]) -> Callable[[str], Any]:
    """`__getattr__` of `module`: the blocking twin of each wrapper in `names` of the package around it."""
    package = module.rpartition(".")[0]

    def get(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        twin = blocking(getattr(sys.modules[package], name))
        setattr(sys.modules[module], name, twin)
        return twin

    return get
