"""Runs other programs for the set-up; what they say goes to a file and not to the screen.

On the standard library of Python 3.8 alone, as all of the set-up.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TALK = ROOT / ".setup.log"
LOOK_S = 0.2
# What a person's shell may hold that would lead the new environment astray.
STRAY = "PYTHONHOME PYTHONPATH PIP_PREFIX PIP_REQUIRE_VIRTUALENV PIP_TARGET PIP_USER VIRTUAL_ENV".split()


def run(
    *command: str | Path,
    settings: dict[str, str] | None = None,
    keep: int | None = None,
    watch: Callable[[], None] = lambda: None,
) -> int:
    """Run `command` with `settings` added to a clean environment; returns the exit status.

    What it says is added to the file of all talk. `keep` is an open file that the child holds on to; `watch` is called
    now and then while it runs. Raises OSError if it cannot be run.
    """
    environment = {name: value for name, value in os.environ.items() if name not in STRAY}
    environment.update(settings or {})
    held = () if keep is None else (keep,)
    with TALK.open("ab") as talk:
        talk.write(f"$ {' '.join(map(str, command))}\n".encode())
        talk.flush()
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=ROOT,
            pass_fds=held,
            stdin=subprocess.DEVNULL,
            stdout=talk,
            stderr=subprocess.STDOUT,
        )
    try:
        while True:
            try:
                return process.wait(LOOK_S)
            except subprocess.TimeoutExpired:
                watch()
    except BaseException:
        process.kill()
        process.wait()
        raise


def answer(*command: str | Path, settings: dict[str, str] | None = None) -> str:
    """What `command` prints, or nothing if it cannot be run, fails or takes more than 30 seconds."""
    environment = {**os.environ, **(settings or {})}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""


def last_error() -> str:
    """The last line of the talk that tells an error, in brackets; nothing where no line does."""
    lines = TALK.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line.strip() for line in lines if line.lower().startswith("error")]
    return f" ({errors[-1][:300]})" if errors else ""
