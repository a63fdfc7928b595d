"""Requests to the core over one descriptor, from any thread and any event loop.

No thread and no loop of its own. Of the threads that wait, one reads for all; a running event loop reads as it comes by.
Every request has a number, so that no answer waits for another.
"""

from __future__ import annotations

import os
import select
from _thread import allocate_lock
from collections import deque

from _mcp_studio import codec, link
from mcp_execution.errors import ConfigurationError, ServerConnectionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from typing import Any

IN_FLIGHT = 256
"""Requests sent and not yet answered; `CALLS_IN_FLIGHT` of the core. Further ones wait here."""


class Blocked:
    """A request whose thread waits."""

    def __init__(self) -> None:
        self.answer: Any = None
        self._wake = allocate_lock()
        self._wake.acquire()

    def sleep(self) -> None:
        """Waits for `wake`, which may have come already."""
        self._wake.acquire()

    def wake(self) -> None:
        """Ends one `sleep`, now or later."""
        try:
            self._wake.release()
        except RuntimeError:
            pass


class Awaited:
    """A request that a task waits for."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()

    def resolve(self, answer: Any) -> None:
        """Hands over the answer. Only in the loop's own thread."""
        if not self.future.done():
            self.future.set_result(answer)


class Channel:
    """The requests of this process."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._frames = codec.Frames()
        self._state = allocate_lock()
        self._reader = allocate_lock()
        self._parser = allocate_lock()
        self._pending: dict[int, Blocked | Awaited] = {}
        self._backlog: deque[tuple[int, bytes]] = deque()
        self._sent = 0
        self._last = 0
        self._gone = False
        self._loops: Any = None
        self._alarm, self._alarm_writer = os.pipe()
        for end in (self._alarm, self._alarm_writer):
            os.set_blocking(end, False)

    def ask(self, message: dict[str, Any]) -> Any:
        """Sends a request and waits for its answer."""
        slot = Blocked()
        number = self._begin(message, slot)
        try:
            while slot.answer is None:
                if self._reader.acquire(False):
                    try:
                        self._read_until(slot)
                    finally:
                        self._reader.release()
                        self._pass_reading_on()
                else:
                    slot.sleep()
        except BaseException:
            self._withdraw(number)
            raise
        return slot.answer

    async def ask_async(self, message: dict[str, Any]) -> Any:
        """Sends a request and awaits its answer in the running loop."""
        import asyncio

        loop = asyncio.get_running_loop()
        self._attach(loop)
        slot = Awaited(loop)
        number = self._begin(message, slot)
        try:
            return await slot.future
        except BaseException:
            self._withdraw(number)
            raise

    def tell(self, message: dict[str, Any]) -> None:
        """Sends a message that has no answer."""
        try:
            link.send(message)
        except OSError:
            raise _gone() from None

    def close(self) -> None:
        """Lets go of what is its own; the descriptor is somebody else's."""
        os.close(self._alarm)
        os.close(self._alarm_writer)

    def _begin(self, message: dict[str, Any], slot: Blocked | Awaited) -> int:
        with self._state:
            self._last += 1
            number = self._last
        ((verb, body),) = message.items()
        frame = codec.frame({verb: {"id": number, **body}})
        with self._state:
            if self._gone:
                raise _gone()
            self._pending[number] = slot
            full = self._sent >= IN_FLIGHT
            if full:
                self._backlog.append((number, frame))
            else:
                self._sent += 1
        if not full:
            self._send(number, frame)
        return number

    def _send(self, number: int, frame: bytes) -> None:
        try:
            link.send_frame(frame)
        except OSError:
            with self._state:
                self._pending.pop(number, None)
                self._sent -= 1
            raise _gone() from None

    def _withdraw(self, number: int) -> None:
        """Forgets a request and asks the core to cancel it."""
        with self._state:
            if self._pending.pop(number, None) is None:
                return
            waiting = [entry for entry in self._backlog if entry[0] == number]
            for entry in waiting:
                self._backlog.remove(entry)
        if not waiting:
            try:
                link.send({"cancel": {"id": number}})
            except OSError:
                pass

    def _read_until(self, slot: Blocked) -> None:
        """Reads for everybody until `slot` has its answer."""
        waiter = select.poll()
        waiter.register(self._descriptor, select.POLLIN)
        waiter.register(self._alarm, select.POLLIN)
        while slot.answer is None:
            for descriptor, _ in waiter.poll():
                if descriptor == self._alarm:
                    os.read(self._alarm, 4096)
                else:
                    self._read(None)

    def _read(self, here: asyncio.AbstractEventLoop | None) -> None:
        """Reads what is there and hands out the answers. `here` is the loop that runs in this thread and asks us to."""
        with self._parser:
            try:
                data = os.read(self._descriptor, self._frames.wanted)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            answers = self._frames.feed(data)
        if not data:
            self._lose(here)
        for answer in answers:
            self._hand_out(answer["id"], answer, here)

    def _hand_out(self, number: int, answer: Any, here: asyncio.AbstractEventLoop | None) -> None:
        with self._state:
            slot = self._pending.pop(number, None)
            self._sent -= 1
            following = self._backlog.popleft() if self._backlog else None
            if following is not None:
                self._sent += 1
        self._resolve(slot, answer, here)
        if following is not None:
            try:
                self._send(*following)
            except ServerConnectionError:
                self._lose(here)

    def _resolve(self, slot: Blocked | Awaited | None, answer: Any, here: asyncio.AbstractEventLoop | None) -> None:
        if isinstance(slot, Blocked):
            slot.answer = answer
            slot.wake()
            if here is not None:
                self._ring()
        elif slot is not None and slot.loop is here:
            slot.resolve(answer)
        elif slot is not None:
            try:
                slot.loop.call_soon_threadsafe(slot.resolve, answer)
            except RuntimeError:
                pass

    def _ring(self) -> None:
        """Makes the reading thread look again."""
        try:
            os.write(self._alarm_writer, b"\0")
        except BlockingIOError:
            pass

    def _pass_reading_on(self) -> None:
        """Makes another waiting thread the reader."""
        with self._state:
            for slot in self._pending.values():
                if isinstance(slot, Blocked) and slot.answer is None:
                    slot.wake()
                    return

    def _attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Makes `loop` read the channel while it runs."""
        if self._loops is None:
            import weakref

            self._loops = weakref.WeakSet()
        if loop not in self._loops:
            self._loops.add(loop)
            loop.add_reader(self._descriptor, self._read, loop)

    def _lose(self, here: asyncio.AbstractEventLoop | None) -> None:
        """Answers everybody that the core has gone."""
        with self._state:
            self._gone = True
            slots = list(self._pending.values())
            self._pending.clear()
            self._backlog.clear()
        if here is not None:
            here.remove_reader(self._descriptor)
        for slot in slots:
            self._resolve(slot, {"gone": True}, here)


def _gone() -> ServerConnectionError:
    return ServerConnectionError("the studio has ended this run")


_channel: Channel | None = None
_making = allocate_lock()


def channel() -> Channel:
    """The channel of this process. Raises `ConfigurationError` where there is none."""
    global _channel
    if link.process == os.getpid():
        with _making:
            if _channel is None:
                _channel = Channel(link.channel)
            return _channel
    if link.process:
        raise ConfigurationError(
            "tools can only be called from the script's own process, not from a process it started",
            hint="call the tools in the script itself and hand the results over",
        )
    raise ConfigurationError("tools can only be called by a script that mcp-studio runs", hint="mcp-studio exec SCRIPT")


def forget() -> None:
    """Ends the channel of this process; the next call makes another."""
    global _channel
    if _channel is not None:
        _channel.close()
        _channel = None


def _leave_in_child() -> None:
    """A forked child of the script must not hold the channel open."""
    if link.channel >= 0 and link.process != os.getpid():
        try:
            os.close(link.channel)
        except OSError:
            pass
        link.channel = -1


os.register_at_fork(after_in_child=_leave_in_child)
