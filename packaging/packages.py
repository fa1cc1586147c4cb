"""How many of the locked packages pip has fetched, and then installed.

On the standard library of Python 3.8 alone, as all of the set-up.
"""

from __future__ import annotations

import re
from pathlib import Path

_INFO = ".dist-info"
_FETCHED = (b"\nCollecting ", b"\nProcessing ", b"\nRequirement already satisfied: ")


class Packages:
    """What `lock` asks for in the environment `venv`; pip adds what it says to the file `talk`."""

    def __init__(self, lock: Path, venv: Path, talk: Path) -> None:
        lines = lock.read_text(encoding="utf-8").splitlines()
        self._asked = {_folder(*line.split()[0].split("==")) for line in lines if line.strip()}
        self._venv = venv
        self._talk = talk
        self._since = talk.stat().st_size if talk.exists() else 0

    @property
    def total(self) -> int:
        """How many packages there are in all."""
        return len(self._asked)

    def progress(self) -> tuple[int, int, str]:
        """How much is done of how much, and in words; a package counts once when fetched, and once when installed."""
        said = self._talk.read_bytes()[self._since :]
        # pip tells of each package while it fetches them, and of none while it installs them.
        if b"\nInstalling collected packages" not in said:
            fetched = min(sum(map(said.count, _FETCHED)), self.total)
            return fetched, 2 * self.total, f"{fetched} of {self.total} fetched"
        found = self._venv.glob(f"lib/*/site-packages/*{_INFO}")
        installed = len(self._asked & {_folder(*path.name[: -len(_INFO)].rsplit("-", 1)) for path in found})
        return self.total + installed, 2 * self.total, f"{installed} of {self.total} installed"


def _folder(name: str, version: str) -> str:
    """The name of the folder that tells that a package is installed, as far as all who write it agree."""
    return f"{re.sub('[-_.]+', '_', name).lower()}-{version}"
