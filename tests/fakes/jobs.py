"""Jobs that stand in for real ones; run as `jobs.py NAME RUN_DIR` it is a worker that does the job NAME."""

from __future__ import annotations

import itertools
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from engine.contract.system.processes import die_with_parent
from engine.contract.text.messages import Cancelled, JobFailed, UserError
from engine.run import worker
from engine.run.context import JobContext
from engine.run.keeper import keep


def steps(context: JobContext, count: int) -> dict[str, object]:
    """Count up, as fast as a test can follow."""
    context.stage("test.steps")
    for step in range(count):
        context.check_cancelled()
        context.progress(step + 1, count, "steps")
        context.metric("loss", step, 1.0 / (step + 1))
        time.sleep(0.01)
    return {"steps": count, "sitting": context.sitting}


def done(context: JobContext) -> dict[str, object]:
    """End by itself after some steps."""
    return steps(context, 5)


def staged(context: JobContext) -> dict[str, object]:
    """Tell a stage that has its sentences."""
    context.stage("evaluate.running", pictures=5, split="val")
    return {}


def patient(context: JobContext) -> dict[str, object]:
    """Go on until somebody stops it, or a file `go` lets it end."""
    context.stage("test.patient")
    while not (context.run_dir / "go").exists():
        context.check_cancelled()
        time.sleep(0.01)
    return {}


def endless(context: JobContext) -> dict[str, object]:
    """Tell how far it is until somebody stops it: in the end ten of a hundred steps."""
    for step in itertools.count():
        context.check_cancelled()
        context.progress(min(step, 10), 100, "step")
        time.sleep(0.05)
    return {}


def reluctant(context: JobContext) -> dict[str, object]:
    """Take a while to stop, as in one long step with a checkpoint behind it."""
    try:
        return patient(context)
    except Cancelled:
        time.sleep(1)
        raise


def busy(context: JobContext) -> dict[str, object]:
    """Compute until a file `go` lets it end, and leave the time of each step in the file `steps`."""
    with (context.run_dir / "steps").open("a", buffering=1) as out:
        while not (context.run_dir / "go").exists():
            context.check_cancelled()
            time.sleep(0.005)
            print(time.time(), file=out)
    return {}


def counted(context: JobContext) -> dict[str, object]:
    """Take a while, and leave in the file `sittings` when it began and that it came to its end."""
    with (context.run_dir / "sittings").open("a", buffering=1) as out:
        print("begun", time.time(), file=out)
        result = steps(context, 30)
        print("ended", time.time(), file=out)
    return result


def measured(context: JobContext) -> dict[str, object]:
    """Measure for half a second in quiet; for as long as the file `long` is there."""
    with context.quiet() as quiet:
        began = time.time()
        (context.run_dir / "measuring").touch()
        time.sleep(0.5)
        while (context.run_dir / "long").exists():
            time.sleep(0.01)
        return {"quiet": quiet, "began": began, "ended": time.time()}


def deaf(context: JobContext) -> dict[str, object]:
    """Hear neither the cancel file nor SIGTERM, and have a child that does not either."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child(context)
    time.sleep(60)
    return {}


def parent(context: JobContext) -> dict[str, object]:
    """Have a child process, and wait."""
    child(context)
    return patient(context)


def child(context: JobContext) -> None:
    """Start a sleeping child and leave its id in the file `child`."""
    process = subprocess.Popen(["sleep", "60"], preexec_fn=die_with_parent)
    context.notice("test.child", pid=process.pid)


def overridden(context: JobContext) -> dict[str, object]:
    """Do what `import paddle` does: take SIGTERM away from Python."""
    context.check_cancelled()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return patient(context)


def crash(context: JobContext) -> dict[str, object]:
    """Raise what nobody foresaw."""
    raise LookupError("no such layer")


def leave(context: JobContext) -> dict[str, object]:
    """Call `sys.exit`, as ppdet does."""
    sys.exit("bye")


def refuse(context: JobContext) -> dict[str, object]:
    """Find fault with the input."""
    raise UserError("test.refused", path="somewhere")


def fail(context: JobContext) -> dict[str, object]:
    """Find that it cannot be done."""
    raise JobFailed("test.impossible")


def thirst(context: JobContext) -> dict[str, object]:
    """Run out of memory."""
    raise MemoryError


def nan(context: JobContext) -> dict[str, object]:
    """Diverge, and come to a result that JSON cannot hold."""
    context.metric("loss", 1, float("nan"))
    context.metric("loss", 2, float("nan"))
    return {"loss": float("inf")}


def full(context: JobContext) -> dict[str, object]:
    """Write to a disk that has no room."""
    Path("/dev/full").write_text("x")
    return {}


def no_room(context: JobContext) -> dict[str, object]:
    """Have a disk that has no room for even one event more."""
    context.stage("test.no_room")
    resource.setrlimit(resource.RLIMIT_FSIZE, ((context.run_dir / "events.jsonl").stat().st_size + 5,) * 2)
    return steps(context, 5)


JOBS: dict[str, Callable[[JobContext], dict[str, object]]] = {
    function.__name__: function
    for function in (
        done, staged, patient, endless, reluctant, busy, counted, measured, deaf, parent, overridden, crash, leave,
        refuse, fail, thirst, nan, full, no_room,
    )
}  # fmt: skip


def main(name: str, run_dir: Path) -> int:
    """A worker under its keeper, as `espalier run` makes them."""
    jobs = dict.fromkeys(("evaluate", "train"), lambda _job, context: JOBS[name](context))
    return keep(run_dir, lambda lock: worker.run(run_dir, jobs=jobs, lock=lock))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
