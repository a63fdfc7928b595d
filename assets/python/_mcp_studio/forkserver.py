"""The warm fork server: `python -I -S -u -X utf8 forkserver.py CONTROL SCRATCH PACKAGES LIMITS [FILTER SCOPE]`.

One thread, no foreign code. Commands over CONTROL:
`f`, mark (eight bytes), with the child's end of a new channel: answered by a forked child, which takes the mark, seals
itself, and waits on the channel for its streams and its job;
`s`, process (four bytes), signal (one byte): signals the group of a child that is still alive.
Lines back: `ready`, `forked PID`, `refused REASON`, `exited PID STATUS`. LIMITS (JSON) are the resource
limits of each child; FILTER and SCOPE are what it seals itself with.
At the end of CONTROL every child and what it left behind is killed, and the folder SCRATCH is removed.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import select
import shutil
import signal
import socket
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STREAMS = 3
RLIMIT_LOCKS = 10
"""Without effect in Linux; its soft value marks the processes of a run for the core."""

REHEARSALS = 10
"""Enough that the interpreter has made its fast version of the code, which children then share."""

PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
SECCOMP_MODE_FILTER = 2
LANDLOCK_CREATE_RULESET = 444
LANDLOCK_RESTRICT_SELF = 446


class Server:
    """Forks children and reaps them."""

    def __init__(self, control: socket.socket, seal: Callable[[], None] | None) -> None:
        self.control = control
        self.seal = seal
        self.live: set[int] = set()
        self.wake, wake_writer = os.pipe()
        for descriptor in (self.wake, wake_writer):
            os.set_blocking(descriptor, False)
        self.wake_writer = wake_writer
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Runs until CONTROL ends. A forked child leaves it with `Child`."""
        waiter = select.poll()
        waiter.register(self.control, select.POLLIN)
        waiter.register(self.wake, select.POLLIN)
        self.tell("ready")
        while True:
            ready = dict(waiter.poll())
            if self.wake in ready:
                os.read(self.wake, 4096)
                self.reap()
            if self.control.fileno() in ready and not self.obey():
                return

    def obey(self) -> bool:
        """Does what one command says. Says whether there may be more."""
        command, descriptors, _, _ = socket.recv_fds(self.control, 1, 1)
        if command == b"f" and descriptors:
            words = self.control.recv(8, socket.MSG_WAITALL)
            self.fork(descriptors[0], int.from_bytes(words, "big"))
        elif command == b"s":
            words = self.control.recv(5, socket.MSG_WAITALL)
            self.signal(int.from_bytes(words[:4], "big"), words[4])
        return bool(command)

    def fork(self, channel: int, mark: int) -> None:
        try:
            child = os.fork()
        except OSError as error:
            self.tell(f"refused {error.strerror}")
        else:
            if child == 0:
                raise Child(channel, mark)
            self.live.add(child)
            self.tell(f"forked {child}")
        os.close(channel)

    def signal(self, child: int, number: int) -> None:
        """A child that has been reaped is no longer ours to signal: its number may be another's."""
        if child in self.live:
            signal_group(child, number)

    def reap(self) -> None:
        """Takes leave of children that have ended."""
        while True:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if child == 0:
                return
            if child in self.live:
                self.live.discard(child)
                signal_group(child, signal.SIGKILL)
                self.tell(f"exited {child} {status}")

    def kill_all(self) -> None:
        """Kills every run with all it started."""
        for child in children_of(os.getpid()) or list(self.live):
            kill_tree(child)
        while True:
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return
            for child in children_of(os.getpid()):
                kill_tree(child)

    def tell(self, line: str) -> None:
        try:
            self.control.sendall(f"{line}\n".encode())
        except OSError:
            pass


class Child(BaseException):
    """Carries a forked child out of the server's frames."""

    def __init__(self, channel: int, mark: int) -> None:
        super().__init__()
        self.channel = channel
        self.mark = mark


def children_of(process: int) -> list[int]:
    """Direct children of a process, those of all its threads. Empty where /proc does not tell."""
    found = []
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/children") as names:
                found += [int(name) for name in names.read().split()]
    except OSError:
        pass
    return found


def kill_tree(process: int) -> None:
    """Stops and kills a process, its group and all its descendants, in the order that lets none slip away."""
    signal_one(process, signal.SIGSTOP)
    for child in children_of(process):
        kill_tree(child)
    signal_group(process, signal.SIGKILL)
    signal_one(process, signal.SIGKILL)


def signal_group(process: int, number: int) -> None:
    try:
        os.killpg(process, number)
    except OSError:
        pass


def signal_one(process: int, number: int) -> None:
    try:
        os.kill(process, number)
    except OSError:
        pass


def take_mark(mark: int) -> None:
    """Makes this process and all it starts known to the core, wherever they go."""
    if sys.platform == "linux":
        _, allowed = resource.getrlimit(RLIMIT_LOCKS)
        resource.setrlimit(RLIMIT_LOCKS, (mark, allowed))


def receive_streams(channel: int) -> tuple[bytes, list[int]]:
    """What comes first on the channel: one byte, with the standard streams."""
    with socket.socket(fileno=channel) as end:
        data, streams, _, _ = socket.recv_fds(end, 1, STREAMS)
        end.detach()
    return data, streams


def is_asked(channel: int) -> bool:
    """Whether somebody waits already."""
    waiter = select.poll()
    waiter.register(channel, select.POLLIN)
    return bool(waiter.poll(0))


def rehearse_receiving() -> None:
    """As `run.rehearse`, for what comes before."""
    here, there = socket.socketpair()
    with here:
        socket.send_fds(here, [b"s"], [here.fileno()])
        _, streams = receive_streams(there.detach())
        for stream in streams:
            os.close(stream)


def rehearse_calling(times: int) -> None:
    """As `run.rehearse`, for tool calls."""
    here, there = socket.socketpair()
    with here, there:
        link.channel, link.process, link.script = here.fileno(), os.getpid(), "rehearsal"
        for number in range(times):
            there.sendall(codec.frame({"id": number + 1, "value": {"text": "a", "list": [1, None]}}))
            mcp_execution.call_tool("a__b", {"c": 1})
        _channel.forget()
    link.channel, link.process = -1, 0


def become_child(server: Server, channel: int, mark: int, packages: str, limits: dict[str, int]) -> None:
    """Cuts a forked child off the server and runs the script it is sent."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    server.control.close()
    os.close(server.wake)
    os.close(server.wake_writer)
    # Most versions of `threading` leave the number of the process that forked.
    threading.main_thread()._native_id = threading.get_native_id()
    take_mark(mark)
    if server.seal is not None:
        server.seal()
    run.limit(limits)
    for rehearse in (rehearse_receiving, lambda: run.rehearse(packages, 2), lambda: rehearse_calling(2)):
        if not is_asked(channel):
            rehearse()
    data, streams = receive_streams(channel)
    if data != b"s" or len(streams) != STREAMS:
        os._exit(0)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    job = codec.read_frame(channel)
    if job is None:
        os._exit(0)
    run.run(channel, job)


def preload(packages: str) -> None:
    """Imports what scripts use, once for all of them."""
    import _sitebuiltins  # noqa: F401
    import asyncio  # noqa: F401
    import json  # noqa: F401
    import linecache  # noqa: F401
    import traceback  # noqa: F401

    import mcp_execution._context  # noqa: F401
    from _mcp_studio import report  # noqa: F401

    if packages:
        sys.path.append(packages)
        try:
            import mcp_execution.wrappers  # noqa: F401
            import pydantic

            pydantic.create_model("Warm", value=(int, 0))()
        except ImportError:
            pass


class Program(ctypes.Structure):
    """A `sock_fprog`."""

    _fields_ = [("count", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


class Seal:
    """What a child gives up, for good, before it runs a script. Made ready once for all of them."""

    def __init__(self, rules: bytes, scope: bytes) -> None:
        self.library = ctypes.CDLL(None, use_errno=True)
        self.program = Program(len(rules) // 8, rules)
        self.scope = scope

    def apply(self) -> None:
        """Raises `OSError` if the kernel refuses: nothing runs unsealed."""
        call = self.library.syscall
        if self.scope:
            ruleset = self.check(call(LANDLOCK_CREATE_RULESET, self.scope, ctypes.c_size_t(len(self.scope)), 0))
            self.check(call(LANDLOCK_RESTRICT_SELF, ruleset, 0))
            os.close(ruleset)
        self.check(self.library.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(self.program), 0, 0))

    def check(self, answer: int) -> int:
        if answer < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return answer


def adopt_orphans() -> None:
    """Makes this process the parent of what its runs leave behind, so that none is lost."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


sys.path[:0] = [ROOT]
import mcp_execution  # noqa: E402
from _mcp_studio import codec, link, run  # noqa: E402
from mcp_execution import _channel  # noqa: E402


def main() -> None:
    control, scratch, packages, limits, *words = sys.argv[1:]
    preload(packages)
    adopt_orphans()
    seal = Seal(*map(bytes.fromhex, words)).apply if words else None
    run.rehearse(packages, REHEARSALS)
    rehearse_calling(REHEARSALS)
    server = Server(socket.socket(fileno=int(control)), seal)
    gc.collect()
    gc.freeze()
    try:
        server.serve()
    except Child as child:
        channel, mark = child.channel, child.mark
    else:
        server.kill_all()
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(0)
    become_child(server, channel, mark, packages, codec.decode(limits))


main()
