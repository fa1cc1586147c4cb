"""What the tries stand on: a tiny data set, a project with one trained run, and the command line in a process."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.contract.text.resources import ROOT
from tests.fakes.datasets import shots, write_voc
from tests.trial.marked import VARIABLE, kill, marked, wait_until

KEY = "ssdlite_mobilenet_v3_small"
SIZE = 96
QUICK = ("--set", "batch_size=4", "--set", "threads=1", "--set", "checkpoint_every=1")
TRACE = "Traceback (most recent call last)"
CRASHED = "run.crashed"
LIMIT_S = 240.0


@dataclass(frozen=True)
class Said:
    """How a command line ended; `document` is what it printed with --json, and `hung` whether it had to be ended."""

    words: tuple[str, ...]
    status: int | None
    out: str
    err: str
    seconds: float
    hung: bool = False
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The code of the sentence that it failed with."""
        error = self.document.get("error")
        return str(error.get("code", "")) if isinstance(error, dict) else ""

    @property
    def fault(self) -> tuple[str, str] | None:
        """The verdict on a failure that is none of a good program: hung, a traceback, no sentence."""
        if self.hung:
            return "hung", f"{' '.join(self.words[:2])}: no end after {self.seconds:.0f} s"
        if TRACE in self.err or TRACE in self.out or self.code == CRASHED:
            return "traceback", (self.out if self.code == CRASHED else self.err)[-600:]
        if self.status not in (0, 130) and not self.code:
            return "unsaid", f"{' '.join(self.words[:2])}: exit {self.status}: {(self.err or self.out)[-300:]}"
        return None


class Call:
    """A command line, or another `module`, that was begun; all its processes carry `mark`."""

    def __init__(
        self,
        words: Sequence[object],
        folder: Path,
        mark: str,
        more: dict[str, str] | None = None,
        module: str = "engine",
    ) -> None:
        self.words = tuple(str(word) for word in words)
        wanted = (*self.words, "--json") if module == "engine" else self.words
        self.mark = mark
        self._files = [folder / f"said-{uuid.uuid4().hex[:8]}.{name}" for name in ("out", "err")]
        self._began = time.monotonic()
        environment = {**os.environ, "ESPALIER_LANGUAGE": "en", "PYTHONPATH": str(ROOT), VARIABLE: mark}
        # A queue of its own: what one try leaves there is not taken up by the next.
        environment |= {"XDG_STATE_HOME": str(folder / "states" / (mark or "none")), **(more or {})}
        # Files and no pipes: who outlives the command would hold a pipe open.
        with self._files[0].open("wb") as out, self._files[1].open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *wanted],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def end(self, limit_s: float = LIMIT_S) -> Said:
        """Wait for its end, or bring it about."""
        hung = False
        try:
            status: int | None = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            hung, status = True, None
            kill(marked(self.mark))
            self.process.wait()
        out, err = (file.read_text(encoding="utf-8", errors="replace") for file in self._files)
        for file in self._files:
            file.unlink()
        try:
            document = json.loads(out.strip().splitlines()[-1]) if out.strip() else {}
        except ValueError:
            document = {}
        document = document if isinstance(document, dict) else {}
        return Said(self.words, status, out, err, time.monotonic() - self._began, hung, document)


class Ground:
    """A folder with the source, the project to copy, and a place for each try; `kept` is where inputs are saved.

    What several parts need is made once and `shared`; `held` ends it.
    """

    def __init__(self, root: Path, kept: Path) -> None:
        self.root = root
        self.kept = kept
        self.source = root / "voc"
        self.base = root / "base"
        self._numbers = itertools.count()
        self.held = contextlib.ExitStack()
        self.shared: dict[str, Any] = {}

    def ready(self) -> Ground:
        """Make what is not there yet; raises RuntimeError if the project cannot be made."""
        if not (self.base / "made").is_file():
            shutil.rmtree(self.base, ignore_errors=True)
            self.base.mkdir(parents=True)
            if not self.source.is_dir():
                write_voc(self.source, shots(8, 4, 4))
            for words in (
                ("new", self.base / "project", "--data", self.source, "--detector", KEY, "--size", SIZE),
                ("train", self.base / "project", "--epochs", "1", *QUICK),
                ("evaluate", self.base / "project", "1", "--split", "test"),
            ):
                said = self.call(*words)
                if said.status != 0:
                    raise RuntimeError(f"the trial's own project cannot be made: {said.out}{said.err}")
            (self.base / "made").touch()
        return self

    def place(self) -> Path:
        """An empty folder for one try."""
        folder = self.root / f"try-{os.getpid()}-{next(self._numbers)}"
        folder.mkdir(parents=True)
        return folder

    def copied(self, place: Path) -> Path:
        """A copy of the project in a place."""
        return Path(shutil.copytree(self.base / "project", place / "project"))

    def begin(
        self, words: Sequence[object], mark: str, more: dict[str, str] | None = None, module: str = "engine"
    ) -> Call:
        """Begin a command line, or another module."""
        return Call(words, self.root, mark, more, module)

    def call(self, *words: object, limit_s: float = LIMIT_S, more: dict[str, str] | None = None) -> Said:
        """Run a command line to its end."""
        return self.begin(words, new_mark(), more).end(limit_s)

    def clear(self, mark: str, place: Path | None = None) -> None:
        """End what is left of a try and take its place away."""
        wait_until(lambda: not kill(marked(mark)), 10)
        if place is not None:
            shutil.rmtree(place, ignore_errors=True)


def new_mark() -> str:
    """A mark that no other try has."""
    return uuid.uuid4().hex
