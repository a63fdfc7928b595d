"""The warm fork server: `python -I -S -u -X utf8 forkserver.py CONTROL SCRATCH [PACKAGES]`.

One thread, no foreign code. Commands over CONTROL:
`f` with the child's end of a new channel: answered by a forked child, which waits there for its streams and its job;
`s`, process (four bytes), signal (one byte): signals the group of a child that is still alive.
Lines back: `ready`, `forked PID`, `exited PID STATUS ORPHANS`. ORPHANS counts processes that runs have left behind.
At the end of CONTROL every child and what it left behind is killed, and the folder SCRATCH is removed.
"""

from __future__ import annotations

import gc
import os
import select
import shutil
import signal
import socket
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STREAMS = 3
PR_SET_CHILD_SUBREAPER = 36


class Server:
    """Forks children and reaps them."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
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
            self.fork(descriptors[0])
        elif command == b"s":
            words = self.control.recv(5, socket.MSG_WAITALL)
            self.signal(int.from_bytes(words[:4], "big"), words[4])
        return bool(command)

    def fork(self, channel: int) -> None:
        try:
            child = os.fork()
        except OSError as error:
            self.tell(f"refused {error.strerror}")
        else:
            if child == 0:
                raise Child(channel)
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
                self.tell(f"exited {child} {status} {len(self.orphans())}")

    def orphans(self) -> list[int]:
        """What hangs on us without being ours: left behind by runs."""
        return [child for child in children_of(os.getpid()) if child not in self.live]

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

    def __init__(self, channel: int) -> None:
        super().__init__()
        self.channel = channel


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


def become_child(server: Server, channel: int) -> None:
    """Cuts a forked child off the server and runs the script it is sent."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    server.control.close()
    os.close(server.wake)
    os.close(server.wake_writer)
    with socket.socket(fileno=channel) as end:
        data, streams, _, _ = socket.recv_fds(end, 1, STREAMS)
        end.detach()
    if data != b"s" or len(streams) != STREAMS:
        os._exit(0)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    job = codec.read_frame(channel)
    if job is None:
        os._exit(0)
    run.run(channel, job)


def preload(packages: str | None) -> None:
    """Imports what scripts use, once for all of them."""
    import asyncio  # noqa: F401
    import json  # noqa: F401
    import linecache  # noqa: F401
    import resource  # noqa: F401
    import traceback  # noqa: F401

    import mcp_execution._channel  # noqa: F401
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


def adopt_orphans() -> None:
    """Makes this process the parent of what its runs leave behind, so that none is lost."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass


sys.path[:0] = [ROOT]
from _mcp_studio import codec, run  # noqa: E402


def main() -> None:
    packages = sys.argv[3] if len(sys.argv) > 3 else None
    preload(packages)
    adopt_orphans()
    server = Server(socket.socket(fileno=int(sys.argv[1])))
    gc.collect()
    gc.freeze()
    try:
        server.serve()
    except Child as child:
        channel = child.channel
    else:
        server.kill_all()
        shutil.rmtree(sys.argv[2], ignore_errors=True)
        os._exit(0)
    become_child(server, channel)


main()
