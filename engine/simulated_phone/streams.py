"""One stream of the adb protocol: bytes both ways, each message acknowledged before the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from engine.simulated_phone.wire import CLSE, OKAY, WRTE, Frame

Send = Callable[[Frame], Awaitable[None]]


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
