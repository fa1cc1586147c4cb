"""How long the studio takes to its first paint with a project open, and how much memory it holds then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 5
GOAL_S = 1.5
GOAL_MB = 300
RUNS = 20
EVENTS = 2000

CHILD = """
    import json, os, sys, time
    ticks = int(open("/proc/self/stat").read().rpartition(")")[2].split()[19])
    began = ticks / os.sysconf("SC_CLK_TCK")
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication
    from studio import app as studio_app
    class Watch(QObject):
        def eventFilter(self, thing, event):
            if event.type() == QEvent.Type.Paint and "painted" not in seen and window.page is not None:
                seen["painted"] = time.clock_gettime(time.CLOCK_BOOTTIME) - began
                seen["cpu"] = time.process_time()
                QTimer.singleShot(3000, end)
            return False
    def end():
        status = open("/proc/self/status").read()
        seen["rss_kb"] = int(status.split("VmRSS:")[1].split()[0])
        window.close()
        app.quit()
    seen = {}
    app = QApplication(["studio"])
    studio, window = studio_app.open_window(app)
    studio.project.open(sys.argv[1])
    watch = Watch()
    app.installEventFilter(watch)
    window.show()
    app.exec()
    maps = open("/proc/self/maps").read()
    seen["foreign"] = [name for name in ("paddle", "cv2") if f"/{name}/" in maps]
    studio.close()
    print(json.dumps(seen))
"""

PROJECT = """
    import sys
    from pathlib import Path
    from engine.contract.events import Finished, Hello, Metric
    from engine.contract.job import TrainJob
    from engine.contract.project import DetectorChoice, Project, ProjectFolder
    from engine.data.importing import import_dataset
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


def run() -> list[str]:
    """Seconds (wall, and of the processor) from the process's start, and MB, over several starts."""
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch) / "project"
        _python(PROJECT, scratch, str(project), str(RUNS), str(EVENTS))
        starts = [json.loads(_python(CHILD, scratch, str(project))) for _ in range(ROUNDS)]
    wall, cpu = (sorted(start[name] for start in starts) for name in ("painted", "cpu"))
    memory = max(start["rss_kb"] for start in starts) / 1024
    foreign = sorted({name for start in starts for name in start["foreign"]})
    return [
        f"project with {RUNS} runs of {EVENTS} events, {ROUNDS} starts:",
        f"  process start to first paint: best {wall[0]:.2f} s, median {wall[ROUNDS // 2]:.2f} s (goal {GOAL_S} s)",
        f"  of it on the processor: median {cpu[ROUNDS // 2]:.2f} s",
        f"  resident memory 3 s later: {memory:.0f} MB (goal {GOAL_MB} MB)",
        f"  of Paddle and OpenCV in the process: {', '.join(foreign) or 'nothing'}",
    ]


def _python(code: str, home: str, *words: str) -> str:
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "HOME": home, "PYTHONPATH": str(ROOT)}
    environment |= {f"XDG_{name}_HOME": f"{home}/{name.lower()}" for name in ("CONFIG", "CACHE", "STATE")}
    call = [sys.executable, "-c", textwrap.dedent(code), *words]
    return subprocess.run(call, env=environment, stdout=subprocess.PIPE, text=True, check=True, cwd=home).stdout
