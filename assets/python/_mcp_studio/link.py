"""This process's end of its run: which script it is, and the descriptor that leads to the core."""

from __future__ import annotations

import os
from _thread import allocate_lock

from _mcp_studio import codec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

channel = -1
"""Descriptor of the tool channel, or -1 where a script is run without the studio."""

process = 0
"""Process that owns the channel; forked children of a script do not."""

script = ""
"""File name of the script in its code object."""

_writing = allocate_lock()


def send(message: Any) -> None:
    """Writes one message. Raises `TypeError` or `ValueError` for what is not JSON, `OSError` when the core has gone."""
    send_frame(codec.frame(message))


def send_frame(frame: bytes) -> None:
    """Writes the bytes of one message."""
    data = memoryview(frame)
    with _writing:
        while data:
            try:
                data = data[os.write(channel, data) :]
            except BlockingIOError:
                import select

                waiter = select.poll()
                waiter.register(channel, select.POLLOUT)
                waiter.poll()


def tell(message: Any) -> None:
    """As `send`, for a core that may have gone."""
    try:
        send(message)
    except OSError:
        pass
