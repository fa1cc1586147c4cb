"""Quiet for measurements: who computes shares a lock, and lets go of it while somebody measures times.

Two files in the queue's folder, both told by their locks alone, which the kernel lets go of however a process ends:
`computing` is shared by all that compute and taken alone by who measures; `quiet` is held by who measures or is waiting
for it, so that those who compute see it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.contract.system.folders import queue_folder
from engine.contract.system.locks import is_locked, let_go, try_lock, try_share
from engine.contract.system.processes import signal_rest_of_group

LOOK_S = 0.05
"""So often who computes looks whether somebody wants to measure."""
LIMIT_S = 60.0
"""So long who measures waits for others that do not let go, in one long call of a library."""
_POLL_S = 0.02


def _nothing() -> None:
    """What is asked while waiting by who cannot be stopped."""


class Gate:
    """One process's part; without `folder` there is no queue to be made, and nobody waits for anybody."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._computing: int | None = None
        self._held = False
        self._looked = 0.0
        self._main = threading.main_thread().ident

    @classmethod
    def of_this_machine(cls) -> Gate:
        """The one of the person's queue; one without a folder where that, or a lock in it, cannot be had."""
        gate = cls(queue_folder())
        try:
            queue_folder().mkdir(parents=True, exist_ok=True)
            if try_share(gate._file()):
                let_go(gate._file())
        except OSError:
            return cls()
        return gate

    @contextlib.contextmanager
    def computing(self, check: Callable[[], None] = _nothing) -> Iterator[None]:
        """Count as somebody who computes; waits first while somebody measures. `check` may raise meanwhile."""
        earlier = self._held
        self._enter(check)
        try:
            yield
        finally:
            if not earlier:
                self._leave()

    @contextlib.contextmanager
    def idle(self, check: Callable[[], None] = _nothing) -> Iterator[None]:
        """Do not count meanwhile, as who only waits for others."""
        earlier = self._held
        self._leave()
        yield
        if earlier:
            self._enter(check)

    def is_in_the_way(self) -> bool:
        """Whether somebody wants to measure, and waits for us; looked at twenty times a second at most."""
        if not self._held or threading.get_ident() != self._main:
            return False
        now = time.monotonic()
        if now - self._looked < LOOK_S:
            return False
        self._looked = now
        return self._is_quiet_wanted()

    def make_way(self, check: Callable[[], None]) -> None:
        """Let somebody measure, if anybody wants to: cheap enough for every step. `check` may raise meanwhile.

        Only on the main thread, which is the one that computes. Other processes of our group are halted as well.
        """
        if self.is_in_the_way():
            self.let_measure(check)

    def let_measure(self, check: Callable[[], None]) -> None:
        """Stand still, with all other processes of our group, until nobody wants to measure."""
        signal_rest_of_group(signal.SIGSTOP)
        try:
            with self.idle(check):
                pass
        finally:
            signal_rest_of_group(signal.SIGCONT)

    @contextlib.contextmanager
    def quiet(self, check: Callable[[], None] = _nothing, limit_s: float = LIMIT_S) -> Iterator[bool]:
        """Measure in quiet: True once all others have let go, False where some who compute have not within `limit_s`.

        Who else measures is waited for without limit: both were wrong else, the one that was told it is quiet too.
        """
        wanted = self._wish()
        if wanted is None:
            yield False
            return
        try:
            with self.idle(check):
                _polled(lambda: try_lock(wanted), None, check)
                alone = _polled(lambda: try_lock(self._file()), time.monotonic() + limit_s, check)
                try:
                    yield alone
                finally:
                    if alone:
                        let_go(self._file())
                    let_go(wanted)
        finally:
            os.close(wanted)

    def _wish(self) -> int | None:
        """The file by whose lock others see that somebody wants to measure."""
        if self._folder is None:
            return None
        try:
            return os.open(self._folder / "quiet", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError:
            return None

    def _enter(self, check: Callable[[], None]) -> None:
        if self._folder is None or self._held:
            return
        # Whoever measures has both locks, or waits for the second while others still hold it.
        _polled(lambda: not self._is_quiet_wanted() and try_share(self._file()), None, check)
        self._held = True

    def _leave(self) -> None:
        if self._held:
            self._held = False
            let_go(self._file())

    def _is_quiet_wanted(self) -> bool:
        assert self._folder is not None
        try:
            return is_locked(self._folder / "quiet")
        except OSError:
            return False

    def _file(self) -> int:
        if self._computing is None:
            assert self._folder is not None
            self._computing = os.open(self._folder / "computing", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        return self._computing


def _polled(holds: Callable[[], bool], until: float | None, check: Callable[[], None]) -> bool:
    """Wait for something, until the time is up; whether it came."""
    while not holds():
        if until is not None and time.monotonic() > until:
            return False
        check()
        time.sleep(_POLL_S)
    return True
