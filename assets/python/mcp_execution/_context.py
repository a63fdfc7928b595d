"""What the caller of a script hands to it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Record(dict):  # type: ignore[type-arg]
    """A JSON object whose keys can also be read as attributes; one that is not there is None."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = self.get(name)
        return Record(value) if type(value) is dict else value


class Context(Record):
    """`request` and `response` as given, and `metadata` with `test_name`, `tool_name` and `server_info`."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data if isinstance(data, dict) else {})
        self.setdefault("request", None)
        self.setdefault("response", None)
        metadata = self.setdefault("metadata", {})
        if isinstance(metadata, dict):
            for name in ("test_name", "tool_name", "server_info"):
                metadata.setdefault(name, None)
