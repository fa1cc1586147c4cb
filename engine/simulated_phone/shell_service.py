"""Services `shell`, in both protocols, and `exec`: a command goes in, its streams and exit status come out."""

from __future__ import annotations

import asyncio
import struct
import threading
from collections.abc import Callable
from typing import Protocol

from engine.simulated_phone.interpreter import Left, Shell, Sink, Streams
from engine.simulated_phone.machine import Machine
from engine.simulated_phone.streams import Stream

_STDOUT, _STDERR, _EXIT = 1, 2, 3
_HUNG_UP = 137
_ABORTED = 134


class Line(Protocol):
    """The connection that a service belongs to."""

    def unplug(self) -> None:
        """The cable is pulled out."""

    def mute(self) -> None:
        """From now on nothing is answered."""


async def serve_shell(machine: Machine, line: Line, stream: Stream, service: str) -> None:
    """Answer `shell,v2,...:CMD`, `shell:CMD` or `exec:CMD`."""
    kind, _, command = service.partition(":")
    framed = "v2" in kind.split(",")
    loop = asyncio.get_running_loop()

    def sink(number: int) -> Sink:
        def write(data: bytes) -> None:
            packet = struct.pack("<BI", number, len(data)) + data if framed else data
            try:
                asyncio.run_coroutine_threadsafe(stream.write(packet), loop).result()
            except ConnectionError:
                raise Left(_HUNG_UP) from None

        return write

    with machine.shell() as shell:
        shell.stage = _stages(machine, line, shell, loop)
        listening = asyncio.create_task(_listen(stream, shell.aborted))
        streams = Streams(b"", sink(_STDOUT), sink(_STDERR))
        status = _ABORTED
        try:
            status = await asyncio.to_thread(_run, shell, command, streams)
        finally:  # a defect here ends the command and not the line: adb would wait for ever
            if framed and not stream.closed.is_set():
                await stream.write(struct.pack("<BIB", _EXIT, 1, status & 255))
            await stream.finish()
            listening.cancel()


def _run(shell: Shell, command: str, streams: Streams) -> int:
    try:
        if not command:
            streams.err(b"sh: a simulated phone has no interactive shell\n")
            return 1
        return shell.run(command, streams)
    except Left as left:
        return left.status


async def _listen(stream: Stream, aborted: threading.Event) -> None:
    """Take what is typed, which no command here reads, and notice when nobody listens any more."""
    try:
        while True:
            await stream.read()
    except ConnectionError:
        aborted.set()


def _stages(machine: Machine, line: Line, shell: Shell, loop: asyncio.AbstractEventLoop) -> Callable[[str], None]:
    def stage(name: str) -> None:
        if machine.misbehaviour.take("unplugged", name):
            loop.call_soon_threadsafe(line.unplug)
        elif machine.misbehaviour.has("silence", name):
            loop.call_soon_threadsafe(line.mute)
        else:
            return
        shell.aborted.wait()
        raise Left(_HUNG_UP)

    return stage
