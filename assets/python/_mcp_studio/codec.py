"""JSON frames on a descriptor: four bytes of length (big-endian), then one compact JSON text.

The C halves of the standard `json` module are used directly: importing `json` itself costs a cold script 6 ms.
"""

from __future__ import annotations

import os

FRAME_BYTES = 256 * 1024 * 1024
"""Bytes of one frame; `CHANNEL_MESSAGE_BYTES` of the core."""

LITTLE_BYTES = 64 * 1024
"""Bytes read at once where no large message is known to come: memory for more is asked of the kernel each time."""

_READ_BYTES = 256 * 1024

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    decode: Callable[[str], Any]
    encode: Callable[[Any], str]


def _fast() -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    import _json

    class Options:
        strict = True
        object_hook = None
        object_pairs_hook = None
        parse_float = float
        parse_int = int
        parse_constant = float

    def refuse(value: Any) -> Any:
        raise TypeError(f"a value of type {type(value).__name__} is not JSON")

    scan = _json.make_scanner(Options())

    def write(value: Any) -> str:
        encoder = _json.make_encoder({}, refuse, _json.encode_basestring, None, ":", ",", False, False, False)
        return "".join(encoder(value, 0))

    def read(text: str) -> Any:
        return scan(text, 0)[0]

    return read, write


def _portable() -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    import json

    return json.loads, json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


try:
    decode, encode = _fast()
    decode(encode([0, 1.5, "a", {"b": None}]))
except (ImportError, AttributeError, TypeError):
    decode, encode = _portable()


def frame(message: Any) -> bytes:
    """The bytes of one message. Raises `TypeError` or `ValueError` for what is not JSON."""
    text = encode(message).encode()
    if len(text) > FRAME_BYTES:
        raise ValueError(f"a message of {len(text)} bytes is over the limit of {FRAME_BYTES}")
    return len(text).to_bytes(4, "big") + text


class Frames:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self.wanted = LITTLE_BYTES
        """Bytes to read next."""

    def feed(self, data: bytes) -> list[Any]:
        """Messages completed by `data`."""
        self._bytes += data
        messages = []
        start = 0
        self.wanted = LITTLE_BYTES
        with memoryview(self._bytes) as view:
            while len(view) - start >= 4:
                end = start + 4 + int.from_bytes(view[start : start + 4], "big")
                if end > len(view):
                    self.wanted = min(max(end - len(view), LITTLE_BYTES), _READ_BYTES)
                    break
                messages.append(decode(str(view[start + 4 : end], "utf-8")))
                start = end
        if start:
            del self._bytes[:start]
        return messages


def read_exactly(descriptor: int, count: int) -> bytes:
    """`count` bytes from a blocking descriptor; fewer only at its end."""
    parts = []
    while count:
        data = os.read(descriptor, min(count, _READ_BYTES))
        if not data:
            break
        parts.append(data)
        count -= len(data)
    return b"".join(parts)


def read_frame(descriptor: int) -> Any:
    """The next message from a blocking descriptor; None at its end."""
    head = read_exactly(descriptor, 4)
    if len(head) < 4:
        return None
    size = int.from_bytes(head, "big")
    body = read_exactly(descriptor, size)
    return decode(body.decode()) if len(body) == size else None
