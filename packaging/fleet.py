"""Whether the environment gets what a fleet needs, beside all else: packages that nothing but --fleet asks for.

On the standard library of Python 3.8 alone, as all of the set-up.
"""

from __future__ import annotations

import re
from pathlib import Path

WITH, WITHOUT = "yes", "no"


def remembered(venv: Path) -> str:
    """Whether the environment was last set up with a fleet's packages."""
    return WITH if (venv / "fleet").is_file() else WITHOUT


def remember(venv: Path, wanted: str) -> None:
    """Have every later set-up do the same, until it is told otherwise."""
    if wanted == WITH:
        (venv / "fleet").touch()
    elif (venv / "fleet").exists():
        (venv / "fleet").unlink()


def not_wanted(venv: Path, fleet_lock: Path, wanted: str) -> list[str]:
    """The packages of a fleet to take out, where it is wanted no more."""
    if wanted == WITH:
        return []
    there = {_plain(path.name.partition("-")[0]) for path in venv.glob("lib/*/site-packages/*.dist-info")}
    names = [line.partition("==")[0] for line in fleet_lock.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [name for name in names if _plain(name) in there]


def locked(lock: Path, fleet_lock: Path, venv: Path, wanted: str) -> Path:
    """The lock as it stands, or with a fleet's beside it."""
    if wanted != WITH:
        return lock
    both = venv / "fleet.lock"
    parts = (lock.read_text(encoding="utf-8").strip(), fleet_lock.read_text(encoding="utf-8").strip(), "")
    both.write_text("\n".join(parts), encoding="utf-8")
    return both


def _plain(name: str) -> str:
    return re.sub("[-_.]+", "_", name).lower()
