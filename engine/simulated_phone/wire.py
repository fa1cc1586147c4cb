"""Messages of the adb protocol (AOSP packages/modules/adb, protocol.txt), packed and read."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass

CNXN, AUTH, OPEN, OKAY, CLSE, WRTE = 0x4E584E43, 0x48545541, 0x4E45504F, 0x59414B4F, 0x45534C43, 0x45545257
VERSION, NO_CHECKSUM, LARGEST = 0x01000001, 0x01000001, 262144
TOKEN, SIGNATURE, PUBLIC_KEY = 1, 2, 3
FEATURES = "shell_v2,cmd,stat_v2,ls_v2,fixed_push_mkdir"
_HEADER = struct.Struct("<6I")


class ProtocolError(Exception):
    """The other side sent what is no message of adb."""


@dataclass(frozen=True)
class Frame:
    """One message: its command, two numbers and bytes."""

    command: int
    first: int
    second: int
    data: bytes = b""

    def pack(self) -> bytes:
        """As it goes over the line, with its checksum."""
        magic = self.command ^ 0xFFFFFFFF
        return (
            _HEADER.pack(self.command, self.first, self.second, len(self.data), checksum(self.data), magic) + self.data
        )


def checksum(data: bytes) -> int:
    """What the protocol calls a CRC: the sum of the bytes."""
    return sum(data) & 0xFFFFFFFF


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """The next message; raises ProtocolError for nonsense and IncompleteReadError at the end.

    A checksum of 0 is let through: from version 0x01000001 on it is not computed.
    """
    command, first, second, length, told, magic = _HEADER.unpack(await reader.readexactly(_HEADER.size))
    if magic != command ^ 0xFFFFFFFF or length > 1 << 20:
        raise ProtocolError(f"{command:08x}")
    data = await reader.readexactly(length)
    if told not in (0, checksum(data)):
        raise ProtocolError("checksum")
    return Frame(command, first, second, data)
