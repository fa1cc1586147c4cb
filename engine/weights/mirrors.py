"""Mirrors: where a person has said that files of one place are to be taken from another."""

from __future__ import annotations

import os

from engine.contract.text.address import is_address
from engine.contract.text.messages import UserError

VARIABLE = "ESPALIER_MIRROR"


def mirrored(address: str) -> str:
    """The address to ask instead, by ESPALIER_MIRROR: `OLD=NEW` prefixes with blanks between; the longest OLD wins.

    A prefix ends where a part of the address ends: `https://a.example` is none of `https://a.example.org/x`.
    Raises UserError for a value that is no such list.
    """
    best = ("", "")
    for pair in os.environ.get(VARIABLE, "").split():
        old, mark, new = pair.partition("=")
        if not mark or not is_address(old) or not is_address(new):
            raise UserError("download.mirror", variable=VARIABLE, given=pair)
        rest = address.removeprefix(old)
        whole = rest != address and (old.endswith("/") or rest[:1] in ("", "/"))
        if whole and len(old) > len(best[0]):
            best = (old, new)
    return best[1] + address.removeprefix(best[0]) if best[0] else address
