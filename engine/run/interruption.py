"""Breaks off work that asks nobody whether to go on: a network being built, a program being saved."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

from engine.contract.text.messages import Cancelled

_LOOK_S = 0.1
_AGAIN_S = 2.0
"""A library may swallow what is raised in the middle of it; then it is raised once more, this much later."""


@contextlib.contextmanager
def interruptible(check: Callable[[], None]) -> Iterator[None]:
    """Raise Cancelled in the middle of the block as soon as `check`, asked ten times a second, raises it.

    Only for work whose traces are all thrown away when it fails. It is raised between two steps of the interpreter:
    one long call of a compiled library is waited for. Outside the main thread, where no signal arrives, it only yields.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ended = threading.Event()
    main = threading.main_thread().ident
    assert main is not None, "the main thread runs"

    def watch() -> None:
        wait = _LOOK_S
        while not ended.wait(wait):
            try:
                check()
            except Cancelled:
                wait = _AGAIN_S
                signal.pthread_kill(main, signal.SIGUSR1)

    def handle(*_: object) -> None:
        if not ended.is_set():
            raise Cancelled

    earlier = signal.signal(signal.SIGUSR1, handle)
    watcher = threading.Thread(target=watch, name="cancel watcher", daemon=True)
    watcher.start()
    try:
        try:
            yield
        finally:
            ended.set()
    finally:
        ended.set()  # once more: it may be raised just before the first
        watcher.join()
        signal.signal(signal.SIGUSR1, earlier)
