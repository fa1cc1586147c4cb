"""A detached `engine compress`: it makes a recipe's runs one after another, and outlives the studio."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from engine.contract.run.processes import is_same_process, start_time
from engine.contract.text.messages import Message
from studio.workers.engine_process import error_of, start_detached
from studio.workers.writing import write_whole

RECORD = "process.json"
_ENDED = "ended.json"
_GRACE_S = 15.0


class RecipeProcess:
    """A folder with the recipe, who applies it (`process.json`: id, start in clock ticks, name), and what it said."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.out = root / "out.json"
        self.log = root / "log.txt"

    @property
    def name(self) -> str:
        """The recipe's name."""
        return str(self._record().get("name", ""))

    def start(self, project: Path, words: list[str], name: str) -> None:
        """Start it. It blocks for some milliseconds."""
        call = ["compress", str(project), str(self.root / "recipe.json"), *words, "--json"]
        pid = start_detached(call, self.out, self.log, self.root)
        write_whole(self.root / RECORD, json.dumps({"pid": pid, "started": start_time(pid), "name": name}))

    def alive(self) -> bool:
        """Whether it still works, between two runs as well."""
        record = self._record()
        return is_same_process(record.get("pid"), record.get("started"))

    def outcome(self) -> dict[str, Any] | Message:
        """What it printed at its end: its document, or why it made no more runs."""
        try:
            document = json.loads(self.out.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return Message(code="studio.core.recipe_lost", args={"path": str(self.log), "log": self._last_words()})
        return error_of(document) or document

    def interrupt(self) -> None:
        """Do what Ctrl-C does: it stops its run and ends. Kill it if it has not after a while. It blocks."""
        record = self._record()
        for number in (signal.SIGINT, signal.SIGKILL):
            if not self.alive():
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(record["pid"]), number)
            deadline = time.monotonic() + _GRACE_S
            while self.alive() and time.monotonic() < deadline:
                time.sleep(0.05)

    def settle(self) -> None:
        """Note that its end has been told."""
        with contextlib.suppress(OSError):
            (self.root / RECORD).rename(self.root / _ENDED)

    def _record(self) -> dict[str, Any]:
        for name in (RECORD, _ENDED):
            with contextlib.suppress(OSError, ValueError):
                record = json.loads((self.root / name).read_text(encoding="utf-8"))
                if isinstance(record, dict):
                    return record
        return {}

    def _last_words(self) -> str:
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]) or "-"
        except OSError:
            return "-"
