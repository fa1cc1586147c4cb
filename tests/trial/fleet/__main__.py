"""`python -m tests.trial.fleet [embedded nodes cancel driver queue]`: a fleet of Ray, killed here and there, by hand.

    embedded  12 short runs on two cores
    nodes     12 on a head with two nodes on loopback, one of which is killed in the middle
    cancel    Ctrl-C in the middle: after 10 s no process is left
    driver    kill -9 of the driver in the middle: the next sitting takes up what goes on and what was lost
    queue     kill -9 of `espalier compress --fleet` with three recipes: `espalier queue` brings all to their end

Needs Ray (`make setup FLEET=1`). Each prints what its runs' event streams prove; exit status 1 if one does not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.contract.project import ProjectFolder
from engine.contract.recipe import Recipe, Step
from engine.contract.run.events import Hello, Metric
from engine.contract.run.folder import RunFolder
from engine.contract.run.lock import read_record
from engine.contract.run.tail import EventTail
from tests.trial.fleet.driving import LIMIT_S, Sitting, at_work, finished, heard_beyond_loopback, middle
from tests.trial.fleet.ground import make_project, proof_of, short_runs
from tests.trial.fleet.nodes import Loopback
from tests.trial.marked import VARIABLE, marked, wait_until


class Size:
    """How many runs, of how many steps."""

    runs, steps = 12, 60


def embedded(folder: ProjectFolder) -> bool:
    runs = short_runs(folder, Size.runs, Size.steps)
    took = Sitting("ray", folder, runs, dict(os.environ)).end()
    return _proved("embedded", runs, f"{took:.0f} s")


def nodes(folder: ProjectFolder) -> bool:
    runs = short_runs(folder, Size.runs, Size.steps)
    cluster = Loopback(2, dict(os.environ))
    try:
        sitting = Sitting(cluster.address, folder, runs, cluster.environment)
        middle(runs)
        run, node = deep_in(runs, cluster)
        cluster.kill(node)
        print(f"nodes: node {node} killed at {run.name} with {finished(runs)} finished", flush=True)
        took = sitting.end()
    finally:
        cluster.close()
    return _proved("nodes", runs, f"{took:.0f} s")


def deep_in(runs: Sequence[Path], cluster: Loopback) -> tuple[Path, int]:
    """A run that is at work behind a checkpoint, and the node that it is on."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        for run in runs:
            folder, record = RunFolder(run), read_record(run / "lock")
            saved = (folder.checkpoints / "last.safetensors").is_file()
            steps = [event.step for event in EventTail(folder.events).read() if isinstance(event, Metric)]
            if saved and steps[-1:] < [Size.steps // 2] and folder.status() == "running" and record is not None:
                with contextlib.suppress(OSError):
                    node = cluster.node_of(record.keeper)
                    if node is not None:
                        return run, node
        time.sleep(0.02)
    raise RuntimeError("no run was ever found at work on a node")


def cancel(folder: ProjectFolder) -> bool:
    runs = short_runs(folder, Size.runs, Size.steps)
    sitting = Sitting("ray", folder, runs, dict(os.environ))
    middle(runs)
    print(f"cancel: listening beyond loopback: {heard_beyond_loopback(sitting.mark) or 'nobody'}", flush=True)
    began = time.monotonic()
    sitting.process.send_signal(signal.SIGINT)
    gone = wait_until(lambda: not marked(sitting.mark), 10)
    left = [process.name for process in marked(sitting.mark)]
    print(f"cancel: {time.monotonic() - began:.1f} s until nothing was left; left: {left}", flush=True)
    stands = sorted({RunFolder(run).status() for run in runs})
    print(f"cancel: {finished(runs)} of {Size.runs} finished, the runs are {', '.join(stands)}", flush=True)
    sitting.process.wait()
    return gone and not at_work(runs)


def driver(folder: ProjectFolder) -> bool:
    runs = short_runs(folder, Size.runs, Size.steps)
    cluster = Loopback(2, dict(os.environ))
    try:
        sitting = Sitting(cluster.address, folder, runs, cluster.environment)
        middle(runs)
        sitting.process.kill()
        sitting.process.wait()
        print(f"driver: killed with {finished(runs)} finished, {at_work(runs)} at work", flush=True)
        again = Sitting(cluster.address, folder, runs, cluster.environment)
        took = again.end()
    finally:
        cluster.close()
    return _proved("driver", runs, f"second sitting {took:.0f} s")


def queue(folder: ProjectFolder) -> bool:
    base = short_runs(folder, 1, 2, "base")[0]
    ours = dict(os.environ) | {"XDG_STATE_HOME": str(folder.root.parent / "state"), VARIABLE: f"fleet-{time.time_ns()}"}
    engine = (sys.executable, "-m", "engine")
    subprocess.run([*engine, "run", str(base)], env=ours, check=True)
    files = []
    for number in range(1, 4):
        files.append(folder.root.parent / f"{number}.json")
        step = Step(technique="filter_prune", params={"criterion": "l1", "ratio": number / 10})
        files[-1].write_text(Recipe(name=f"cut-{number}", steps=(step,)).model_dump_json())
    words = ("compress", str(folder.root), *map(str, files), "--from", "1", "--epochs", "6", "--fleet")
    driver = subprocess.Popen([*engine, *words], env=ours)
    if not wait_until(lambda: any(folder.runs.glob("*cut*/checkpoints/last.safetensors")), LIMIT_S):
        raise RuntimeError("no recipe ever came to its training")
    driver.kill()
    driver.wait()
    done = sum(RunFolder(task).status() == "finished" for task in folder.tasks.glob("recipe-*"))
    print(f"queue: driver killed with {done} of 3 recipes finished", flush=True)

    def nothing_left() -> bool:
        told = subprocess.run([*engine, "queue", "--json"], env=ours, check=True, stdout=subprocess.PIPE, text=True)
        return not json.loads(told.stdout)["entries"]

    empty = wait_until(nothing_left, LIMIT_S)
    tasks = list(folder.tasks.glob("recipe-*"))
    made = sorted(folder.runs.glob("[0-9]*-cut-*"))
    sittings = [sum(isinstance(e, Hello) for e in EventTail(RunFolder(run).events).read()) for run in made]
    right = empty and finished(tasks) == 3 and len(made) == 3 and finished(made) == 3
    print(f"queue: {finished(tasks)} of 3 recipes finished, {len(made)} runs, sittings {sittings}", flush=True)
    return right


def _proved(name: str, runs: Sequence[Path], took: str) -> bool:
    proof = proof_of(runs)
    load = "/".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"{name}: {proof}; {took}, load {load}", flush=True)
    return proof.holds and proof.finished == len(runs)


CASES: dict[str, Callable[[ProjectFolder], bool]] = {
    case.__name__: case for case in (embedded, nodes, cancel, driver, queue)
}


def main(words: Sequence[str] | None = None) -> int:
    """The named cases, or all."""
    parser = argparse.ArgumentParser(prog="tests.trial.fleet", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}; all if none is named")
    parser.add_argument("--runs", type=int, default=Size.runs, help=f"how many; {Size.runs} if not given")
    parser.add_argument("--steps", type=int, default=Size.steps, help=f"of each; {Size.steps} if not given")
    args = parser.parse_args(words)
    Size.runs, Size.steps = args.runs, args.steps
    right = True
    for name in args.cases or CASES:
        with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
            right &= CASES[name](make_project(Path(folder)))
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
