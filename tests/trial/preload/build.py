"""Builds a preloaded library with the machine's C compiler, where there is one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def build(name: str, folder: Path) -> Path | None:
    """The library of `NAME.c`, made in a folder; None on a machine without a compiler that can make it."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    out = folder / f"{name}.so"
    if compiler is None or out.is_file():
        return out if out.is_file() else None
    words = [compiler, "-O1", "-shared", "-fPIC", "-o", str(out), str(FOLDER / f"{name}.c"), "-ldl"]
    done = subprocess.run(words, capture_output=True, check=False)
    return out if done.returncode == 0 else None
