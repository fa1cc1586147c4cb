"""A simulated phone as a context: real `adb connect` reaches it on loopback."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
from pathlib import Path
from types import TracebackType

from engine.contract.socs import find_soc
from engine.contract.text.messages import JobFailed
from engine.simulated_phone.daemon import Daemon
from engine.simulated_phone.machine import Machine
from engine.simulated_phone.misbehaviour import Fault, Misbehaviour
from engine.simulated_phone.tool import simulated_tool

HOST = "127.0.0.1"


class SimulatedPhone:
    """A phone with the chip `key` in a thread of this process, from entering the context to leaving it.

    `serial` is what `adb connect` takes, `control_port` where faults are switched from another process (see
    `Daemon.control`), `tool` the stand-in for benchmark_bin, to be pushed. Raises UserError for an unknown chip and
    JobFailed for a port that is taken; port 0 takes a free one.
    """

    def __init__(
        self,
        key: str,
        *,
        port: int = 0,
        fault: str | None = None,
        require_auth: bool = False,
        record: Path | None = None,
        seed: int = 0,
    ) -> None:
        soc = find_soc(key)
        self.machine = Machine(soc, Misbehaviour(Fault.parse(fault) if fault else None), record, seed)
        self.daemon = Daemon(self.machine, require_auth=require_auth)
        self._folder = tempfile.TemporaryDirectory(prefix="espalier-tool-")
        self.tool = simulated_tool(Path(self._folder.name) / "benchmark_bin")
        self._sockets: list[socket.socket] = []
        self._asked_port, self.port, self.control_port = port, 0, 0
        self._loop = asyncio.new_event_loop()
        self._ending: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="simulated phone", daemon=True)

    @property
    def serial(self) -> str:
        """What adb calls the phone once it is connected."""
        return f"{HOST}:{self.port}"

    def __enter__(self) -> SimulatedPhone:
        try:
            self._sockets = [_listening(port) for port in (self._asked_port, 0)]
        except OSError as error:
            self._tidy()
            raise JobFailed("simulated.port", port=self._asked_port, reason=error.strerror or str(error)) from error
        self.port, self.control_port = (one.getsockname()[1] for one in self._sockets)
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ending = self._ending
        assert ending is not None
        self._loop.call_soon_threadsafe(ending.set)
        self._thread.join()
        self._tidy()

    def switch(self, fault: str | None) -> None:
        """Another fault from now on, None for a phone that behaves."""
        chosen = Fault.parse(fault) if fault else None
        asyncio.run_coroutine_threadsafe(_called(self.daemon, chosen), self._loop).result()

    def authorise(self) -> None:
        """Say yes to the computer that asks."""
        asyncio.run_coroutine_threadsafe(self.daemon.authorise(), self._loop).result()

    def _serve(self) -> None:
        self._loop.run_until_complete(self._until_ended())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _until_ended(self) -> None:
        self._ending = asyncio.Event()
        phone, control = self._sockets
        servers = [
            await asyncio.start_server(self.daemon.accept, sock=phone),
            await asyncio.start_server(self.daemon.control, sock=control),
        ]
        self._ready.set()
        await self._ending.wait()
        for server in servers:
            server.close()
        self.daemon.drop(away_s=3600)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(others, timeout=2) if others else None
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    def _tidy(self) -> None:
        for one in self._sockets:
            one.close()
        self._folder.cleanup()
        self.machine.storage.close()


async def _called(daemon: Daemon, fault: Fault | None) -> None:
    daemon.switch(fault)


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
