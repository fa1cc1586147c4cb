"""Stands in for `espalier phones --watch`: prints the lines of a file as it grows, until it is ended."""

from __future__ import annotations

import sys
import time
from pathlib import Path


def main(path: Path) -> None:
    told = 0
    while True:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for line in lines[told:]:
            print(line, flush=True)
        told = len(lines)
        time.sleep(0.05)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
