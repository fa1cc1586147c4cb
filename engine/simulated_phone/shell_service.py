"""Services `shell`, in both protocols, and `exec`: a command goes in, its streams and exit status come out."""

from __future__ import annotations

import asyncio
import struct
import threading

from engine.simulated_phone.machine import KILLED, Ended, Machine, Process, Sink, Streams
from engine.simulated_phone.shell import run_script
from engine.simulated_phone.wire import Line, Stream

_STDOUT, _STDERR, _EXIT = 1, 2, 3
_ABORTED = 134


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
                raise Ended(KILLED) from None

        return write

    def stage(name: str) -> None:
        if line.break_off(name):
            process.aborted.wait()
            raise Ended(KILLED)

    with machine.process() as process:
        process.stage = stage
        listening = asyncio.create_task(_listen(stream, process.aborted))
        streams = Streams(b"", sink(_STDOUT), sink(_STDERR))
        status = _ABORTED
        try:
            status = await asyncio.to_thread(_run, process, command, streams)
        finally:  # a defect here ends the command and not the line: adb would wait for ever
            if framed and not stream.closed.is_set():
                await stream.write(struct.pack("<BIB", _EXIT, 1, status & 255))
            await stream.finish()
            listening.cancel()


def _run(process: Process, command: str, streams: Streams) -> int:
    try:
        if command:
            return run_script(process, command, streams)
        streams.complain("sh: a simulated phone has no interactive shell\n")
        return 1
    except Ended as ended:
        return ended.status


async def _listen(stream: Stream, aborted: threading.Event) -> None:
    """Take what is typed, which no command here reads, and notice when nobody listens any more."""
    try:
        while True:
            await stream.read()
    except ConnectionError:
        aborted.set()
