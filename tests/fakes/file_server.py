"""A web server on this machine that can resume, break off, lie and dawdle; it also serves as a proxy."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""A certificate for 127.0.0.1 that nobody trusts, with its key, until 2126; made by openssl req -x509."""


@dataclass
class Files:
    """What the server has and how it behaves; `asked` collects (path, headers) of every request."""

    content: bytes = b""
    etag: str | None = '"one"'
    changed: str | None = None
    ranges: bool = True
    heeds_if_range: bool = True
    cuts: list[int] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    length: int | None = -1
    kind: str = "application/octet-stream"
    packed: str | None = None
    pause_s: float = 0.0
    moved: dict[str, str] = field(default_factory=dict)
    port: int = 0
    secret: bool = False
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def address(self, name: str = "w.pdparams") -> str:
        """The address of a file here; each name has the same content."""
        return f"http{'s' * self.secret}://127.0.0.1:{self.port}/files/{name}"

    def ranges_asked(self) -> list[str | None]:
        """The Range of every request so far."""
        return [headers.get("range") for _, headers in self.asked]


@contextmanager
def serving(files: Files) -> Iterator[Files]:
    """The server, while the context lasts."""

    class Handler(_Handler):
        held = files

    server = _Server(("127.0.0.1", 0), Handler)
    if files.secret:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    files.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield files
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    held: Files
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # noqa: N802
        files = self.held
        files.asked.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
        self.close_connection = True
        if self.path in files.moved:
            return self._answer(302, b"", {"Location": files.moved[self.path]})
        if files.status and (status := files.status.pop(0)) != 200:
            return self._answer(status, b"no", {})
        begins = self._begins()
        if begins >= len(files.content) > 0:
            return self._answer(416, b"", {"Content-Range": f"bytes */{len(files.content)}"})
        marks = {"ETag": files.etag, "Last-Modified": files.changed, "Content-Encoding": files.packed}
        headers = {key: value for key, value in marks.items() if value} | {"Content-Type": files.kind}
        if begins:
            headers["Content-Range"] = f"bytes {begins}-{len(files.content) - 1}/{len(files.content)}"
        return self._answer(206 if begins else 200, files.content[begins:], headers)

    def do_CONNECT(self) -> None:  # noqa: N802
        """Be the tunnel that a client asks a proxy for."""
        self.held.asked.append((self.path, {}))
        self.close_connection = True
        host, _, port = self.path.partition(":")
        with socket.create_connection((host, int(port))) as there:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_pass_on, args=(there, self.connection), daemon=True)
            back.start()
            _pass_on(self.connection, there)
            back.join()

    def _begins(self) -> int:
        files, wanted = self.held, self.headers.get("Range")
        if not wanted or not files.ranges:
            return 0
        condition = self.headers.get("If-Range")
        if files.heeds_if_range and condition is not None and condition not in (files.etag, files.changed):
            return 0
        return int(wanted.removeprefix("bytes=").rstrip("-"))

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        files = self.held
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        length = len(body) if files.length == -1 or status >= 300 else files.length
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()
        cut = files.cuts.pop(0) if files.cuts and status < 300 else len(body)
        for start in range(0, cut, 1 << 16):
            time.sleep(files.pause_s)
            self.wfile.write(body[start : min(cut, start + (1 << 16))])
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    while data := source.recv(1 << 16):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)
