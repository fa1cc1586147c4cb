"""The adb daemon of a simulated phone: connections on loopback, authentication, services."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Coroutine
from typing import Any

from engine.contract.text.messages import UserError
from engine.simulated_phone import wire
from engine.simulated_phone.keys import Key, read_key
from engine.simulated_phone.machine import Machine
from engine.simulated_phone.misbehaviour import Fault
from engine.simulated_phone.shell_service import serve_shell
from engine.simulated_phone.sync_service import serve_sync
from engine.simulated_phone.wire import Frame, Stream

_SLOW_S, _AWAY_S = 0.02, 0.5


class Daemon:
    """All connections of one phone. `require_auth`: nobody is let in until `authorise` was called."""

    def __init__(self, machine: Machine, *, require_auth: bool = False) -> None:
        self.machine = machine
        self.require_auth, self.authorised = require_auth, False
        self.keys: set[Key] = set()
        self._lines: set[Connection] = set()
        self._back_at = 0.0

    @property
    def locked(self) -> bool:
        """Whether a computer must show a key that is known."""
        return self.require_auth or self.machine.misbehaviour.has("unauthorized")

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        if time.monotonic() < self._back_at:
            writer.close()
            return
        line = Connection(self, reader, writer)
        self._lines.add(line)
        try:
            await line.serve()
        finally:
            self._lines.discard(line)

    def drop(self, away_s: float = 0.0) -> None:
        """Break every connection; new ones are refused for so many seconds."""
        self._back_at = time.monotonic() + away_s
        for line in list(self._lines):
            line.abort()

    def unplug(self) -> None:
        """The cable is out, and in again a little later."""
        self.drop(_AWAY_S)

    def switch(self, fault: Fault | None) -> None:
        """Another fault from now on; what hangs or was let in under the last one is dropped."""
        old = self.machine.misbehaviour.fault
        self.machine.misbehaviour.switch(fault)
        lasting = {"unauthorized", "offline", "silence"}
        # A phone that is to fall silent later, at work, keeps its line until then.
        at_once = fault is not None and fault.name in lasting and fault.stage in ("", "connect")
        if at_once or (old is not None and old.name in lasting):
            self.drop()

    async def authorise(self) -> None:
        """The person at the phone says yes to whoever asks, now and later."""
        self.authorised = True
        for line in list(self._lines):
            await line.let_in()

    async def control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A line each: `fault NAME[:STAGE]`, `clear`, `authorize`, `unplug`, `status`; answered by `ok` or `error`."""
        with contextlib.suppress(ConnectionError, ValueError):
            while line := (await reader.readline()).decode("utf-8", "replace").strip():
                writer.write(f"{await self._told(line)}\n".encode())
                await writer.drain()
        writer.close()

    async def _told(self, line: str) -> str:
        word, _, rest = line.partition(" ")
        if word == "fault":
            try:
                self.switch(Fault.parse(rest))
            except UserError as error:
                return f"error {error}"
        elif word == "clear":
            self.switch(None)
        elif word == "authorize":
            await self.authorise()
        elif word == "unplug":
            self.unplug()
        elif word != "status":
            return "error fault NAME[:STAGE], clear, authorize, unplug or status"
        fault = self.machine.misbehaviour.fault
        return f"ok {fault.name}:{fault.stage}" if fault else "ok"


class Connection:
    """One computer's line to the phone."""

    def __init__(self, daemon: Daemon, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._daemon, self._reader, self._writer = daemon, reader, writer
        self._loop = asyncio.get_running_loop()
        self._streams: dict[int, Stream] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._online = self._muted = self._shown = False
        self._token, self._last, self._chunk = b"", 0, wire.LARGEST
        self._key: Key | None = None

    async def serve(self) -> None:
        """Answer messages until the line breaks."""
        try:
            while True:
                frame = await wire.read_frame(self._reader)
                if not self._muted:
                    await self._answer(frame)
        except (asyncio.IncompleteReadError, ConnectionError, wire.ProtocolError):
            pass
        finally:
            for stream in list(self._streams.values()):
                stream.hang_up()
            self.abort()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def abort(self) -> None:
        """Break the line at once."""
        self._writer.transport.abort()

    def break_off(self, stage: str) -> bool:
        """Whether a fault was due at this stage: the cable goes, or the line stays and nothing is answered any more.

        Any thread may ask.
        """
        faults = self._daemon.machine.misbehaviour
        if faults.take("unplugged", stage):
            self._loop.call_soon_threadsafe(self._daemon.unplug)
        elif faults.has("silence", stage):
            self._muted = True
        else:
            return False
        return True

    async def let_in(self) -> None:
        """The person at the phone said yes: the key that was shown is known from now on."""
        if self._shown and not self._online:
            self._daemon.keys |= {self._key} if self._key else set()
            await self._greet()

    async def _answer(self, frame: Frame) -> None:
        stream = self._streams.get(frame.second)
        if frame.command == wire.CNXN:
            await self._connect(frame)
        elif frame.command == wire.AUTH:
            await self._authenticate(frame)
        elif frame.command == wire.OPEN and self._online:
            self._open(frame)
        elif frame.command == wire.OKAY and stream:
            stream.acknowledged()
        elif frame.command == wire.WRTE and stream and frame.data:
            stream.feed(frame.data)
        elif frame.command == wire.CLSE and stream:
            stream.hang_up()

    async def _connect(self, frame: Frame) -> None:
        self._chunk = min(wire.LARGEST, max(1, frame.second))
        faults = self._daemon.machine.misbehaviour
        if faults.has("offline") or faults.has("silence", "connect"):
            self._muted = True
        elif self._daemon.locked:
            await self._ask()
        else:
            await self._greet()

    async def _ask(self) -> None:
        self._token = os.urandom(20)
        await self._send(Frame(wire.AUTH, wire.TOKEN, 0, self._token))

    async def _authenticate(self, frame: Frame) -> None:
        refused = self._daemon.machine.misbehaviour.has("unauthorized")
        if frame.first == wire.SIGNATURE:
            known = any(key.signed(self._token, frame.data) for key in self._daemon.keys)
            await (self._greet() if known and not refused else self._ask())
        elif frame.first == wire.PUBLIC_KEY:
            self._key, self._shown = read_key(frame.data), True
            if self._daemon.authorised and not refused:
                await self.let_in()

    async def _greet(self) -> None:
        self._online = True
        told = self._daemon.machine.body.properties()
        names = ("ro.product.name", "ro.product.model", "ro.product.device")
        banner = "".join(f"{name}={told[name]};" for name in names)
        data = f"device::{banner}features={wire.FEATURES}".encode()
        await self._send(Frame(wire.CNXN, wire.VERSION, wire.LARGEST, data))

    def _open(self, frame: Frame) -> None:
        self._last += 1
        faults = self._daemon.machine.misbehaviour
        stream = Stream(
            self._last, frame.first, self._send, self._chunk, lambda: _SLOW_S if faults.has("slow") else 0.0
        )
        service = os.fsdecode(frame.data.rstrip(b"\0"))
        task = asyncio.create_task(self._serve(stream, service))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, stream: Stream, service: str) -> None:
        machine = self._daemon.machine
        kind = service.partition(":")[0].partition(",")[0]
        work: Coroutine[Any, Any, None]
        if kind in ("shell", "exec"):
            work = serve_shell(machine, self, stream, service)
        elif kind == "sync":
            work = serve_sync(machine, self, stream)
        else:
            await self._send(Frame(wire.CLSE, 0, stream.theirs))
            return
        self._streams[stream.mine] = stream
        try:
            await self._send(Frame(wire.OKAY, stream.mine, stream.theirs))
            await work
        except ConnectionError:
            pass
        finally:
            del self._streams[stream.mine]

    async def _send(self, frame: Frame) -> None:
        if self._muted:
            return
        self._writer.write(frame.pack())
        await self._writer.drain()
