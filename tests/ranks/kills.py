"""A training on 2 ranks, killed with -9 at random moments (any rank) and resumed, against the same never killed."""

from __future__ import annotations

import random
import signal
import time

import numpy as np
from safetensors.numpy import load_file

from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import TrainJob
from engine.contract.run.lock import read_record
from engine.contract.run.settings import TrainSettings
from engine.contract.system.locks import is_locked
from engine.contract.system.processes import Process, group_members, signal_process

LIMIT_S = 900.0
GONE_S = 10.0


def job_of(folder: ProjectFolder, epochs: int, **settings: object) -> TrainJob:
    """Checkpoints every three steps, averaged weights, an evaluation every other epoch."""
    common = {"batch_size": 4, "ema": 0.9, "checkpoint_every": 3, "evaluate_every": 2, "threads": 1, "ranks": 2}
    return TrainJob(
        choice=folder.load().detector,
        index=str(folder.index),
        settings=TrainSettings.model_validate({"epochs": epochs, **common, **settings}),
    )


def launch(folder: ProjectFolder, job: TrainJob, name: str) -> RunFolder:
    """A started run of `job`."""
    run = RunFolder(folder.new_run(name))
    run.job.write_text(job.model_dump_json(), encoding="utf-8")
    start(run.root)
    return run


def wait(run: RunFolder, seconds: float = LIMIT_S) -> str:
    """How a run ended, once its keeper has let go, so that it can be started again."""
    limit = time.monotonic() + seconds
    while run.status() in ("running", "queued") or is_locked(run.lock):
        assert time.monotonic() < limit, run.last_log_lines()
        time.sleep(0.05)
    return run.status()


def ranks_of(run: RunFolder) -> list[Process]:
    """The processes at work on a run, rank 0 first."""
    record = read_record(run.lock)
    assert record is not None
    found = group_members(record.pid) if record.pid else []
    return sorted(found, key=lambda process: process.started)


def kill_one(run: RunFolder, chance: random.Random) -> int | None:
    """`kill -9` of any rank; which, by age, or None if none is at work. Ten seconds later none of them may live."""
    at_work = ranks_of(run)
    if not at_work:
        return None
    place = chance.randrange(len(at_work))
    signal_process(at_work[place].pid, signal.SIGKILL)
    limit = time.monotonic() + GONE_S
    while run.status() == "running" or group_members(at_work[0].group):
        assert time.monotonic() < limit, "a rank outlived another one"
        time.sleep(0.05)
    return place


def differing(one: RunFolder, other: RunFolder) -> list[str]:
    """What is not the same to the bit in the checkpoints to resume from."""
    expected, found = (load_file(run.checkpoints / "last.safetensors") for run in (one, other))
    assert expected.keys() == found.keys()
    return [name for name, value in expected.items() if not np.array_equal(found[name], value)]


def compare(folder: ProjectFolder, epochs: int, kills: int, seed: int, longest_s: float) -> None:
    """Kill so often, and tell each; ends with AssertionError where the weights differ."""
    job, chance = job_of(folder, epochs), random.Random(seed)
    began = time.monotonic()
    whole = launch(folder, job, "whole")
    assert wait(whole) == "finished", whole.last_log_lines()
    print(f"never killed: {time.monotonic() - began:.1f} s", flush=True)
    killed, done = launch(folder, job, "killed"), 0
    while done < kills and killed.status() == "running":
        time.sleep(chance.uniform(0, longest_s))
        place = kill_one(killed, chance)
        if killed.status() != "lost":
            break
        done += place is not None
        print(f"kill {done}: process {place}; {killed.worker_lost().message.code}", flush=True)
        start(killed.root)
    assert wait(killed) == "finished", killed.last_log_lines()
    assert done == kills, f"only {done} kills: train for more epochs"
    wrong = differing(whole, killed)
    assert not wrong, wrong
    print(f"{done} kills, the same weights to the bit", flush=True)
