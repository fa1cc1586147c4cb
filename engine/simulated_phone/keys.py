"""Keys of computers that ask to be let in, as adb sends and signs with them (AOSP, crypto/rsa_2048_key)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

_BYTES = 256
# ASN.1 of "a SHA-1 digest follows" (RFC 8017, section 9.2).
_DIGEST = bytes.fromhex("3021300906052b0e03021a05000414")


@dataclass(frozen=True)
class Key:
    """An RSA public key of 2048 bits."""

    modulus: int
    exponent: int

    def signed(self, token: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's on the token of 20 bytes."""
        if len(signature) != _BYTES:
            return False
        opened = pow(int.from_bytes(signature, "big"), self.exponent, self.modulus).to_bytes(_BYTES, "big")
        tail = b"\x00" + _DIGEST + token
        return opened == b"\x00\x01" + b"\xff" * (_BYTES - 2 - len(tail)) + tail


def read_key(data: bytes) -> Key | None:
    """The key in the message that shows it (base64 of length, two constants, modulus, exponent); None if none."""
    try:
        raw = base64.b64decode(data.split(b" ")[0].rstrip(b"\x00"), validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 4 + 4 + _BYTES + _BYTES + 4:
        return None
    modulus = int.from_bytes(raw[8 : 8 + _BYTES], "little")
    return Key(modulus, int.from_bytes(raw[-4:], "little")) if modulus > 1 else None
