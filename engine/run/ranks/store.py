"""Where ranks find each other: a small server of keys and values that speaks as Paddle's own does.

Paddle's own (TCPStore) listens on every address of the machine, and on a port that is chosen before it is taken. This
one listens on the address that it is given alone; the system chooses a port that is free, unless a person named one.
Of what it is asked nothing is run or kept on disk.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from enum import IntEnum

_SIZE, _KIND, _NUMBER = struct.Struct("=Q"), struct.Struct("=i"), struct.Struct("=q")
_LARGEST = 1 << 20
"""Bytes of a key or a value; what ranks tell each other here are addresses."""


class _Asked(IntEnum):
    ADD, GET, CHECK, SET, WAIT, STOP = range(6)


class _Answer(IntEnum):
    WAITING, STOP_WAIT, READY, NOT_READY = range(4)


class Store:
    """Serves until it is closed; `host` and `port` are where."""

    def __init__(self, host: str, port: int = 0) -> None:
        """Raises OSError where the address is not this machine's, or the port is taken."""
        self._values: dict[bytes, bytes] = {}
        self._changed = threading.Condition()
        self._listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._listening.bind((host, port))
            self._listening.listen(128)
        except OSError:
            self._listening.close()
            raise
        self.host, self.port = host, int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, name="ranks' store", daemon=True).start()

    def close(self) -> None:
        """Take nobody in any more; who is connected stays so."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, ValueError, EOFError):
            while True:
                asked = _Asked(_KIND.unpack(_read(connection, _KIND.size))[0])
                self._answer(connection, asked, _text(connection))

    def _answer(self, connection: socket.socket, asked: _Asked, key: bytes) -> None:
        if asked is _Asked.ADD:
            number = _NUMBER.unpack(_read(connection, _NUMBER.size))[0]
            with self._changed:
                number += int(self._values.get(key, b"0"))
                self._values[key] = str(number).encode()
                self._changed.notify_all()
            connection.sendall(_NUMBER.pack(number))
        elif asked is _Asked.SET:
            value = _text(connection)
            with self._changed:
                self._values[key] = value
                self._changed.notify_all()
        elif asked is _Asked.WAIT:
            with self._changed:
                self._changed.wait_for(lambda: key in self._values)
            connection.sendall(_KIND.pack(_Answer.STOP_WAIT))
        elif asked is _Asked.CHECK:
            connection.sendall(_KIND.pack(_Answer.READY if key in self._values else _Answer.NOT_READY))
        elif asked is _Asked.GET:
            value = self._values.get(key, b"")
            connection.sendall(_SIZE.pack(len(value)) + value)


def _text(connection: socket.socket) -> bytes:
    length = _SIZE.unpack(_read(connection, _SIZE.size))[0]
    if length > _LARGEST:
        raise ValueError(length)
    return _read(connection, length)


def _read(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = connection.recv(count - len(found))
        if not more:
            raise EOFError
        found += more
    return found
