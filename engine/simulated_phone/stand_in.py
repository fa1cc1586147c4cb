"""The file that stands for `benchmark_bin` on a simulated phone: an ELF header, and words that say what it is."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from pathlib import Path

_MARK = b"\nespalier simulated benchmark_bin: no program; only a simulated phone answers for it\n"
# 64-bit little-endian ELF, an executable for aarch64 (183), without any segment: no Linux runs it.
_HEADER = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 183, 1, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0)


@dataclass(frozen=True)
class StandIn:
    """What the tool says and needs: its version, `old` output format (2.9 and before, no result file), libraries."""

    version: str = "v2.13-rc"
    old: bool = False
    libraries: tuple[str, ...] = ()


def simulated_tool(
    path: Path, version: str = "v2.13-rc", *, old: bool = False, libraries: tuple[str, ...] = ()
) -> Path:
    """Write the stand-in as `path`; returns it."""
    path.write_bytes(_HEADER + _MARK + json.dumps(asdict(StandIn(version, old, libraries))).encode() + b"\n")
    path.chmod(0o755)
    return path


def stand_in_of(path: Path) -> StandIn | None:
    """What a file stands for; None if it is another program, or a broken stand-in."""
    data = path.read_bytes()[:65536]
    head, mark, rest = data.partition(_MARK)
    if not mark or head != _HEADER:
        return None
    try:
        told = json.loads(rest)
        return StandIn(str(told["version"]), bool(told["old"]), tuple(map(str, told["libraries"])))
    except (ValueError, KeyError, TypeError):
        return None
