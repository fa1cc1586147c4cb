"""The adb protocol (AOSP packages/modules/adb, protocol.txt): its messages, and the streams that they make up."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

CNXN, AUTH, OPEN, OKAY, CLSE, WRTE = 0x4E584E43, 0x48545541, 0x4E45504F, 0x59414B4F, 0x45534C43, 0x45545257
VERSION, LARGEST = 0x01000001, 262144
TOKEN, SIGNATURE, PUBLIC_KEY = 1, 2, 3
FEATURES = "shell_v2,cmd,stat_v2,ls_v2,fixed_push_mkdir"
_HEADER = struct.Struct("<6I")


class ProtocolError(Exception):
    """The other side sent what is no message of adb."""


@dataclass(frozen=True)
class Frame:
    """One message: its command, two numbers and bytes."""

    command: int
    first: int
    second: int
    data: bytes = b""

    def pack(self) -> bytes:
        """As it goes over the line, with its checksum."""
        magic = self.command ^ 0xFFFFFFFF
        return (
            _HEADER.pack(self.command, self.first, self.second, len(self.data), checksum(self.data), magic) + self.data
        )


def checksum(data: bytes) -> int:
    """What the protocol calls a CRC: the sum of the bytes."""
    return sum(data) & 0xFFFFFFFF


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """The next message; raises ProtocolError for nonsense and IncompleteReadError at the end.

    A checksum of 0 is let through: from version 0x01000001 on it is not computed.
    """
    command, first, second, length, told, magic = _HEADER.unpack(await reader.readexactly(_HEADER.size))
    if magic != command ^ 0xFFFFFFFF or length > 1 << 20:
        raise ProtocolError(f"{command:08x}")
    data = await reader.readexactly(length)
    if told not in (0, checksum(data)):
        raise ProtocolError("checksum")
    return Frame(command, first, second, data)


Send = Callable[[Frame], Awaitable[None]]


class Line(Protocol):
    """The connection that a service belongs to."""

    def break_off(self, stage: str) -> bool:
        """Whether it goes wrong at this stage of the work: the cable is pulled out, or nothing is answered any more."""


class Stream:
    """`mine` and `theirs` are its numbers on both sides; `chunk` the most bytes that one message may have."""

    def __init__(self, mine: int, theirs: int, send: Send, chunk: int, delay_s: Callable[[], float]) -> None:
        self.mine, self.theirs = mine, theirs
        self._send, self._chunk, self._delay_s = send, chunk, delay_s
        self._came: asyncio.Queue[bytes] = asyncio.Queue()
        self._free = asyncio.Event()
        self._free.set()
        self._writing = asyncio.Lock()
        self._rest = b""
        self.closed = asyncio.Event()

    def acknowledged(self) -> None:
        """The other side can take the next message."""
        self._free.set()

    def feed(self, data: bytes) -> None:
        """A message came."""
        self._came.put_nowait(data)

    def hang_up(self) -> None:
        """The other side is gone, or closed the stream: whoever waits on it gets ConnectionError."""
        self.closed.set()
        self._free.set()
        self._came.put_nowait(b"")

    async def write(self, data: bytes) -> None:
        """Send bytes; raises ConnectionError when nobody takes them any more."""
        async with self._writing:
            for start in range(0, len(data), self._chunk):
                await self._free.wait()
                if self.closed.is_set():
                    raise ConnectionResetError
                self._free.clear()
                await asyncio.sleep(self._delay_s())
                await self._send(Frame(WRTE, self.mine, self.theirs, data[start : start + self._chunk]))

    async def read(self) -> bytes:
        """The bytes of the next message; raises ConnectionError at the end."""
        data = await self._came.get()
        if not data or self.closed.is_set():
            raise ConnectionResetError
        await asyncio.sleep(self._delay_s())
        await self._send(Frame(OKAY, self.mine, self.theirs))
        return data

    async def exactly(self, size: int) -> bytes:
        """So many bytes, however the messages were cut."""
        parts = [self._rest]
        have = len(self._rest)
        while have < size:
            parts.append(await self.read())
            have += len(parts[-1])
        data = b"".join(parts)
        self._rest = data[size:]
        return data[:size]

    async def finish(self) -> None:
        """Wait until the last message was taken, then close."""
        await self._free.wait()
        if not self.closed.is_set():
            self.closed.set()
            await self._send(Frame(CLSE, self.mine, self.theirs))
