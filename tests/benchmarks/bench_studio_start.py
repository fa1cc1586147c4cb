"""How long the studio takes to its first paint with a project open, and how much memory it holds then."""

from __future__ import annotations

import json
import tempfile
import textwrap

from tests.benchmarks.studio_process import make_project, run_python

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


def run() -> list[str]:
    """Seconds (wall, and of the processor) from the process's start, and MB, over several starts."""
    with tempfile.TemporaryDirectory() as scratch:
        project = make_project(scratch, RUNS, EVENTS)
        call = ["-c", textwrap.dedent(CHILD), str(project)]
        starts = [json.loads(run_python(call, scratch)) for _ in range(ROUNDS)]
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
