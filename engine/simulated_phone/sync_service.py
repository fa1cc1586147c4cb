"""Service `sync`: files to and from a phone, and what they are (AOSP packages/modules/adb, SYNC.TXT, both versions)."""

from __future__ import annotations

import errno
import os
import stat as modes
import struct
from pathlib import Path
from typing import BinaryIO

from engine.simulated_phone.machine import Machine
from engine.simulated_phone.wire import Line, Stream

_HEAD = struct.Struct("<4sI")
_OLD = struct.Struct("<III")
_NEW = struct.Struct("<IQQIIIIQqqq")
_LONGEST_PATH, _BLOCK = 1024, 65536


async def serve_sync(machine: Machine, line: Line, stream: Stream) -> None:
    """Answer requests until QUIT or the end."""
    session = _Session(machine, line, stream)
    answers = {
        b"STAT": session.stat,
        b"STA2": session.stat_new,
        b"LST2": session.stat_new,
        b"LIST": session.list,
        b"LIS2": session.list,
        b"SEND": session.send,
        b"RECV": session.receive,
    }
    while True:
        name, length = _HEAD.unpack(await stream.exactly(_HEAD.size))
        if name not in answers or length > _LONGEST_PATH:
            if name != b"QUIT":
                await session.fail("unknown command or path too long")
            break
        path = os.fsdecode(await stream.exactly(length))
        machine.note(sync=name.decode("ascii"), path=path)
        await answers[name](name, path)
    await stream.finish()


class _Session:
    def __init__(self, machine: Machine, line: Line, stream: Stream) -> None:
        self.machine, self.line, self.stream = machine, line, stream

    async def fail(self, words: str) -> None:
        data = words.encode("utf-8", "surrogateescape")
        await self.stream.write(_HEAD.pack(b"FAIL", len(data)) + data)

    async def stat(self, name: bytes, path: str) -> None:
        await self.stream.write(name + self._old(path))

    def _old(self, path: str) -> bytes:
        try:
            mode, size, mtime = self._look(path)
        except (OSError, ValueError):
            return _OLD.pack(0, 0, 0)
        return _OLD.pack(mode, size & 0xFFFFFFFF, mtime)

    async def stat_new(self, name: bytes, path: str) -> None:
        await self.stream.write(name + self._new(path))

    def _new(self, path: str) -> bytes:
        try:
            mode, size, mtime = self._look(path)
        except (OSError, ValueError) as error:
            return _NEW.pack(getattr(error, "errno", None) or errno.EINVAL, *[0] * 10)
        return _NEW.pack(0, 1, 1, mode, 1, 2000, 2000, size, mtime, mtime, mtime)

    def _look(self, path: str) -> tuple[int, int, int]:
        """Mode, size and time of change; raises OSError."""
        storage = self.machine.storage
        local = storage.local(path)
        if local is not None:
            found = local.stat()
            return found.st_mode, found.st_size, int(found.st_mtime)
        if storage.is_folder(path):
            return modes.S_IFDIR | 0o755, 4096, 0
        return modes.S_IFREG | 0o444, len(storage.read(path)), 0

    async def list(self, name: bytes, path: str) -> None:
        storage, new = self.machine.storage, name == b"LIS2"
        try:
            names = storage.names(path)
        except (OSError, ValueError):
            names = []
        for entry in names:
            data, whole = os.fsencode(entry), f"{path}/{entry}"
            head = b"DNT2" + self._new(whole) if new else b"DENT" + self._old(whole)
            await self.stream.write(head + struct.pack("<I", len(data)) + data)
        await self.stream.write(b"DONE" + bytes(72 if new else 16))

    async def send(self, name: bytes, request: str) -> None:
        path, _, told = request.rpartition(",")
        refusal, out = "", None
        try:
            out = self._opened(path, int(told))
        except (OSError, ValueError) as error:
            refusal = f"couldn't create file: {getattr(error, 'strerror', None) or error}"
        first = True
        while True:
            part, length = _HEAD.unpack(await self.stream.exactly(_HEAD.size))
            if first:
                first = False
                await self._stage("push")
            if part != b"DATA":
                break
            data = await self.stream.exactly(length)
            if out is not None and not refusal:
                refusal = self._put(out, data)
        if out is not None:
            out.close()
        if refusal or part != b"DONE":
            await self.fail(refusal or "unexpected data")
            return
        local = self.machine.storage.writable(path)
        local.chmod(int(told) & 0o777 | 0o600)
        os.utime(local, (length, length))
        await self.stream.write(_HEAD.pack(b"OKAY", 0))

    def _opened(self, path: str, mode: int) -> BinaryIO:
        if modes.S_ISLNK(mode):
            raise OSError(errno.EPERM, "a simulated phone keeps no symbolic links")
        # A full phone has room for the name yet, not for what is in it.
        full = self.machine.misbehaviour.has("no_space")
        local = self.machine.storage.local(path) if full else self.machine.storage.writable(path)
        local = local or self.machine.storage.writable(path)
        local.parent.mkdir(parents=True, exist_ok=True)
        return local.open("wb")

    def _put(self, out: BinaryIO, data: bytes) -> str:
        try:
            self.machine.refuse_write()
            out.write(data)
        except OSError as error:
            return f"write failed: {error.strerror}"
        return ""

    async def receive(self, name: bytes, path: str) -> None:
        try:
            local = self.machine.storage.local(path)
            data = local or self.machine.storage.read(path)
            if isinstance(data, Path):
                data = data.read_bytes()
        except (OSError, ValueError) as error:
            await self.fail(getattr(error, "strerror", None) or str(error))
            return
        blocks = [data[start : start + _BLOCK] for start in range(0, len(data), _BLOCK)]
        if len(blocks) < 2:
            await self._stage("pull")
        for number, block in enumerate(blocks):
            await self.stream.write(_HEAD.pack(b"DATA", len(block)) + block)
            if number == 0 and len(blocks) > 1:
                await self._stage("pull")
        await self.stream.write(_HEAD.pack(b"DONE", 0))

    async def _stage(self, name: str) -> None:
        if self.line.break_off(name):
            await self.stream.closed.wait()
            raise ConnectionResetError
