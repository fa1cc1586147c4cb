"""What the studio's benchmarks share: a project, and processes with a home of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from engine.contract.project import ProjectFolder
from engine.contract.run.job import TrainJob

ROOT = Path(__file__).resolve().parents[2]

_PROJECT = """
    import sys
    from pathlib import Path
    from engine.contract.run.events import Finished, Hello, Metric
    from engine.contract.run.job import TrainJob
    from engine.contract.project import DetectorChoice, Project, ProjectFolder
    from engine.data.dataset_import import import_dataset
    from tests.fakes.datasets import shots, write_coco
    root, runs, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    folder = ProjectFolder(root)
    import_dataset(write_coco(root.parent / "data", shots(60, 10, 10)), folder.index)
    choice = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=160, classes=("car", "dog", "tree"))
    folder.save(Project(name="bench", detector=choice))
    for _ in range(runs):
        run = folder.new_run("train")
        (run / "job.json").write_text(TrainJob(choice=choice, index=str(folder.index)).model_dump_json())
        events = [Hello(pid=1, versions={}, device="cpu")]
        events += [Metric(name="loss", step=step, value=1.0) for step in range(count)] + [Finished()]
        lines = [e.model_copy(update={"seq": n, "time": float(n)}).model_dump_json() for n, e in enumerate(events)]
        (run / "events.jsonl").write_text("\\n".join(lines) + "\\n")
"""


def make_project(scratch: str, runs: int, events: int) -> Path:
    """A project in the folder `scratch` with so many finished runs of so many events each."""
    project = Path(scratch) / "project"
    run_python(["-c", textwrap.dedent(_PROJECT), str(project), str(runs), str(events)], scratch)
    return project


def run_python(words: list[str], home: str) -> str:
    """What a Python process prints that has its home, and all its settings, in the folder `home`."""
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "HOME": home, "PYTHONPATH": str(ROOT)}
    environment |= {f"XDG_{name}_HOME": f"{home}/{name.lower()}" for name in ("CONFIG", "CACHE", "STATE")}
    call = [sys.executable, *words]
    return subprocess.run(call, env=environment, stdout=subprocess.PIPE, text=True, check=True, cwd=home).stdout


def measured(module: str, home: str, *words: str) -> dict[str, Any]:
    """The document that `python -m tests.studio.measured.MODULE` prints last."""
    return dict(json.loads(run_python(["-m", f"tests.studio.measured.{module}", *words], home).splitlines()[-1]))


def write_job(project: Path) -> Path:
    """A new run of the project with a job, that no worker is at."""
    folder = ProjectFolder(project)
    run = folder.new_run("live")
    job = TrainJob(choice=folder.load().detector, index=str(folder.index))
    (run / "job.json").write_text(job.model_dump_json())
    return run
