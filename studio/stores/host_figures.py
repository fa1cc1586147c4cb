"""What runs cost on this machine, taken from finished tasks and kept with the runs (`evaluations/host.json`)."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from studio.workers.writing import write_whole

_KEPT = "kept"


def keep_host_figures(tasks: Path, runs: Path) -> None:
    """Give every run its figures from `host` tasks that have finished and were not looked at yet. It blocks."""
    for task in sorted(tasks.glob("host-*"), key=lambda path: path.stat().st_mtime):
        if (task / "result.json").is_file() and not (task / _KEPT).exists():
            for run, figures in _by_run(task / "result.json").items():
                if (runs / run / "job.json").is_file():
                    write_whole(runs / run / "evaluations" / "host.json", json.dumps(figures, indent=1))
            (task / _KEPT).touch()


def _by_run(result: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with contextlib.suppress(ValueError, KeyError, TypeError):
        for figure in json.loads(result.read_text(encoding="utf-8"))["figures"]:
            found[Path(str(figure["conditions"]["subject"])).name].append(figure)
    return found
