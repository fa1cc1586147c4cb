"""Which of Paddle's two wheels the environment gets: the one for processors alone, or the one for NVIDIA's GPUs too.

Both hold the same files, so the one that is not wanted is taken out first: put in beside each other, the later one
overwrites the earlier without a word, and taking out either then destroys Paddle. On the standard library of Python
3.8 alone, as all of the set-up.
"""

from __future__ import annotations

from pathlib import Path

CPU, GPU = "cpu", "gpu"
NAMES = {CPU: "paddlepaddle", GPU: "paddlepaddle-gpu"}


def remembered(venv: Path) -> str:
    """Which wheel the environment was last set up with."""
    file = venv / "wheel"
    return GPU if file.is_file() and file.read_text().strip() == GPU else CPU


def remember(venv: Path, wheel: str) -> None:
    """Have every later set-up keep to this wheel, until one is asked for by name."""
    (venv / "wheel").write_text(wheel)


def in_the_way(venv: Path, wheel: str) -> list[str]:
    """The packages to take out before `wheel` is put in: both where both are, for neither of them is whole then."""
    folders = {path.name.partition("-")[0].lower() for path in venv.glob("lib/*/site-packages/paddlepaddle*.dist-info")}
    found = [name for name in NAMES.values() if name.replace("-", "_") in folders]
    return [] if found == [NAMES[wheel]] else found


def locked(lock: Path, gpu_lock: Path, venv: Path, wheel: str) -> Path:
    """The lock for this wheel: as it stands, or with the one for GPUs in place of the one for processors."""
    if wheel == CPU:
        return lock
    lines = lock.read_text(encoding="utf-8").splitlines()
    others = [line for line in lines if not line.startswith(f"{NAMES[CPU]}==")]
    swapped = venv / "gpu.lock"
    swapped.write_text("\n".join([*others, gpu_lock.read_text(encoding="utf-8").strip(), ""]), encoding="utf-8")
    return swapped
