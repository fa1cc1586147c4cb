"""Whether there may be a GPU of NVIDIA's at all, told without its driver."""

from __future__ import annotations

from pathlib import Path

_DEV = Path("/dev")


def gpus_may_be_here() -> bool:
    """Whether the kernel shows one, or that of Windows' Linux the door to them; if Paddle can use it is not asked."""
    return any(_DEV.glob("nvidia[0-9]*")) or (_DEV / "dxg").exists()
