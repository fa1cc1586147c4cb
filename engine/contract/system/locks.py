"""Locks on open files, which the kernel lets go of however their owners end.

`flock`, because a child that inherits the descriptor then holds the lock too, and others may ask for it and read the
file. The kept libraries do not do the same: filelock refuses a lock that a child inherited and tells no descriptor to
pass on; portalocker is this one call on Linux, and on Windows keeps others from reading what it locks.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL_S = 0.01


def try_lock(fd: int) -> bool:
    """Take the one lock on an open file, shared with all that inherit `fd`; False if somebody else has it."""
    return _flock(fd, fcntl.LOCK_EX)


def try_share(fd: int) -> bool:
    """Take a lock on an open file together with others that do; False if somebody has it alone."""
    return _flock(fd, fcntl.LOCK_SH)


def let_go(fd: int) -> None:
    """Give a lock back, also for children that inherited `fd`."""
    fcntl.flock(fd, fcntl.LOCK_UN)


def is_locked(path: Path) -> bool:
    """True while some process holds the lock; OSError if the file is there and cannot be opened.

    The probe asks for a shared lock: probes never hinder each other, and who takes the lock waits one out.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _flock(fd, fcntl.LOCK_SH)
    finally:
        os.close(fd)


@contextmanager
def alone(path: Path, limit_s: float) -> Iterator[None]:
    """Nobody else who asks for `path` meanwhile, a file beside what is read and written again; it is made and stays.

    OSError where it cannot be made, or where somebody else has held it for longer than `limit_s`.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        until = time.monotonic() + limit_s
        while not try_lock(fd):
            if time.monotonic() > until:
                raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK), str(path))
            time.sleep(_POLL_S)
        yield
    finally:
        os.close(fd)


def _flock(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
