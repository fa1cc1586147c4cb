"""Downloads a weights file that was asked for by its address: with progress, resumed, checked, kept in a cache.

The cache is `espalier/weights` below XDG_CACHE_HOME. A file gets its name there when it is whole and its checksum is
right; until then it is `.NAME.part`, beside a note of what it is a part of. Proxies and certificates are taken from the
environment as everywhere (HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE), passwords from ~/.netrc.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.contract.system.folders import cache_folder
from engine.contract.system.locks import try_lock
from engine.contract.text.address import check_address, is_address, split_checksum
from engine.contract.text.messages import UserError
from engine.run.context import JobContext
from engine.weights.mirrors import mirrored
from engine.weights.transfer import Limits, Part, Transfer

POLL_S = 0.1
_CHUNK = 1 << 20
_NAME = 60  # letters; a file's name has room for 255 bytes, and Chinese takes three each


@dataclass(frozen=True)
class Fetched:
    """A file in the cache: just downloaded if `fresh`, of which `resumed_at` bytes were there before."""

    path: Path
    sha256: str
    resumed_at: int = 0
    fresh: bool = True


def weights_cache() -> Path:
    """The folder of downloaded weights."""
    return cache_folder() / "weights"


def fetch(
    address: str,
    *,
    sha256: str | None = None,
    tell: Callable[[int, int | None], None] = lambda done, total: None,
    check: Callable[[], None] = lambda: None,
    limits: Limits | None = None,
) -> Fetched:
    """The file at `address`, out of the cache if it is there and has the checksum that is asked for.

    `tell` gets bytes done and in all, None while unknown. `check` is called often and stops everything by raising;
    what has come stays for the next time. Raises UserError where the address is wrong or the file not what it should
    be, JobFailed where the network is.
    """
    name = f"{hashlib.sha256(address.encode()).hexdigest()[:16]}-{check_address(address)[-_NAME:]}"
    asked = mirrored(address)
    if asked != address:
        check_address(asked)
    folder = weights_cache()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with _alone(folder / f".{name}.lock", check):
        if path.is_file():
            found = file_sha256(path, check)
            if sha256 in (None, found):
                return Fetched(path, found, fresh=False)
        part = Part(folder / f".{name}.part", folder / f".{name}.json", asked)
        transfer = Transfer(part, limits or Limits())
        _pump(transfer, tell, check)
        found = file_sha256(part.path, check)
        if sha256 in (None, found):
            part.path.replace(path)
        part.drop()
        _require(address, sha256, found)
        return Fetched(path, found, transfer.resumed_at)


@dataclass(frozen=True)
class Start:
    """Where lies what training starts from; `tell` says where a download is kept, once it is known to stay there."""

    path: Path
    tell: Callable[[], None] = lambda: None


def fetch_start(start: str, sha256: str | None, context: JobContext) -> Start:
    """What training starts from: downloaded if it is an address, of the right checksum if one is given.

    Raises UserError and JobFailed as `fetch` does, UserError also for a file of another checksum, and Cancelled.
    """
    if not is_address(start):
        if sha256 is not None and Path(start).is_file():
            _require(start, sha256, file_sha256(Path(start), context.check_cancelled))
        return Start(Path(start))

    def tell(done: int, total: int | None) -> None:
        if total:
            context.progress(done // 1000, max(1, total // 1000), "kB")

    start, marked = split_checksum(start)
    sha256 = sha256 or marked
    context.stage("download.running", address=start)
    got = fetch(start, sha256=sha256, tell=tell, check=context.check_cancelled)
    return Start(got.path, lambda: _tell_kept(context, start, got, checked=sha256 is not None))


def _tell_kept(context: JobContext, start: str, got: Fetched, checked: bool) -> None:
    path, size, resumed = str(got.path), f"{got.path.stat().st_size / 1e6:.1f}", f"{got.resumed_at / 1e6:.1f}"
    if not got.fresh:
        context.notice("download.kept", address=start, path=path, sha256=got.sha256)
    elif not checked:
        context.notice("download.unchecked", address=start, path=path, size=size, resumed=resumed, sha256=got.sha256)
    else:
        context.notice("download.done", address=start, path=path, size=size, resumed=resumed)


def _require(called: str, wanted: str | None, found: str) -> None:
    if wanted not in (None, found):
        raise UserError("download.checksum", address=called, expected=str(wanted), found=found)


def file_sha256(path: Path, check: Callable[[], None] = lambda: None) -> str:
    """The SHA-256 of a file, in hexadecimal digits. Raises OSError, and what `check` raises."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            check()
            digest.update(chunk)
    return digest.hexdigest()


def _pump(transfer: Transfer, tell: Callable[[int, int | None], None], check: Callable[[], None]) -> None:
    # The network may be silent for long; a thread waits for it, so that this one can be stopped at any moment.
    executor = ThreadPoolExecutor(1, thread_name_prefix="download")
    try:
        future = executor.submit(transfer.run)
        while not future.done():
            check()
            wait([future], timeout=POLL_S)
            tell(transfer.done, transfer.total)
        future.result()
    finally:
        transfer.stop()
        executor.shutdown(wait=False)


@contextmanager
def _alone(lock: Path, check: Callable[[], None]) -> Iterator[None]:
    """Waits until no other process is at this file; whoever came first downloads it for both."""
    with lock.open("w") as stream:
        check()
        while not try_lock(stream.fileno()):
            time.sleep(POLL_S)
            check()
        yield
