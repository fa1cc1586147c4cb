"""Addresses of weights files: what can be one, and what is refused before anything is asked of the network."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from engine.contract.text.messages import UserError

WEIGHTS_SUFFIXES = (".pdparams", ".safetensors")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def is_address(text: str) -> bool:
    """True for what begins like `https://`; everything else is a path or a run's name."""
    return _SCHEME.match(text) is not None


def check_address(address: str) -> str:
    """The name of the weights file at an address; raises UserError for one that cannot be downloaded from.

    A password in it is refused, because a run's folder keeps the address: it belongs into ~/.netrc.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UserError("download.address", address=_shown(address), reason=str(error)) from error
    if parts.scheme.lower() not in ("http", "https") or not host or not address.isprintable() or " " in address:
        raise UserError("download.address", address=_shown(address), reason=parts.scheme or "-")
    if "@" in parts.netloc:
        raise UserError("download.password", host=_shown(host))
    split_checksum(address)
    name = PurePosixPath(unquote(parts.path)).name
    if not name.endswith(WEIGHTS_SUFFIXES) or not name.isprintable():
        raise UserError("download.suffix", address=address)
    return name


def split_checksum(address: str) -> tuple[str, str | None]:
    """An address and the checksum that its end may carry, as in `https://example.com/w.pdparams#sha256=HEX`.

    Raises UserError for a checksum that is none. What else stands behind a `#` never reaches a server and goes.
    """
    plain, _, mark = address.partition("#")
    return plain, check_sha256(mark.removeprefix("sha256=")) if mark.startswith("sha256=") else None


def short_name(start: str) -> str:
    """What to call a run's start in few words: the last part of its path or address."""
    return PurePosixPath(unquote(urlsplit(start).path) if is_address(start) else start).name


def check_sha256(digest: str) -> str:
    """A SHA-256 as 64 small hexadecimal digits; raises UserError for anything else."""
    plain = digest.strip().lower().removeprefix("sha256:")
    if not _SHA256.fullmatch(plain):
        raise UserError("download.sha256", given=_shown(digest))
    return plain


def _shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:200]
