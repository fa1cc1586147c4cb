"""What runs cost here and weigh on a phone: taken from finished tasks, kept with the runs (`evaluations/`)."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from studio.workers.writing import write_whole

_KEPT = "kept"
PHONE = "arm"
"""The target whose file is what a phone gets."""

Figures = list[dict[str, Any]]


def keep_task_figures(tasks: Path, runs: Path) -> None:
    """Give every run its figures from `host` and `export` tasks that have newly finished. It blocks."""
    for kind, by_run, file in (("host", _by_run, "host.json"), ("export", _phone_size, "size.json")):
        for task in sorted(tasks.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime):
            if (task / "result.json").is_file() and not (task / _KEPT).exists():
                for run, figures in by_run(task).items():
                    if (runs / run / "job.json").is_file():
                        write_whole(runs / run / "evaluations" / file, json.dumps(figures, indent=1))
                (task / _KEPT).touch()


def _by_run(task: Path) -> dict[str, Figures]:
    found: dict[str, Figures] = defaultdict(list)
    for figure in _told(task):
        with contextlib.suppress(KeyError, TypeError):
            found[Path(str(figure["conditions"]["subject"])).name].append(figure)
    return found


def _phone_size(task: Path) -> dict[str, Figures]:
    """The size of the `.nb` of an export for a phone; nothing for other targets."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        job = json.loads((task / "job.json").read_text(encoding="utf-8"))
        if job["run"] and job["target"] == PHONE:
            return {Path(job["run"]).name: [figure for figure in _told(task) if figure["name"] == "nb_bytes"]}
    return {}


def _told(task: Path) -> Figures:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        figures: Figures = json.loads((task / "result.json").read_text(encoding="utf-8"))["figures"]
        return figures
    return []
