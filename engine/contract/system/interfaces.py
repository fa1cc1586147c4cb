"""The network interfaces of this machine, by the addresses that they have."""

from __future__ import annotations

import fcntl
import socket
import struct

LOOPBACK = "127.0.0.1"
"""What nobody reaches from another machine."""
_ADDRESS_OF_INTERFACE = 0x8915


def is_loopback(host: str) -> bool:
    """Whether a name or address is one that leads back to the machine that asks; a name may do so on its own machine.

    False where it is not known here.
    """
    try:
        return socket.gethostbyname(host).startswith("127.")
    except OSError:
        return False


def interface_of(host: str) -> str | None:
    """The network interface that has the address; None where none has, as behind a translated address."""
    try:
        address = socket.gethostbyname(host)
    except OSError:
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            try:
                found = fcntl.ioctl(asking.fileno(), _ADDRESS_OF_INTERFACE, request)
            except OSError:
                continue
            if socket.inet_ntoa(found[20:24]) == address:
                return name
    return None
