"""Techniques that act while training, on 2 ranks: stopped and resumed, each must end in the same bits as untouched."""

from __future__ import annotations

import time
from pathlib import Path

from engine.contract.project import ProjectFolder
from engine.contract.recipe import Step
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import TrainJob
from tests.ranks.kills import differing, job_of, launch, wait

CASES: dict[str, tuple[Step, ...]] = {
    "quant_aware": (Step(technique="quant_aware", params={"recovery": "own", "epochs": 3}),),
    "quant_aware with PACT": (Step(technique="quant_aware", params={"pact": True, "recovery": "own", "epochs": 3}),),
    "distill by features": (Step(technique="distill", params={"kind": "features", "recovery": "own", "epochs": 3}),),
    "distill by PKD": (Step(technique="distill", params={"kind": "pkd", "recovery": "own", "epochs": 3}),),
    "distill a narrower one by PKD": (
        Step(technique="filter_prune", params={"ratio": 0.5, "recovery": "own", "epochs": 3}),
        Step(technique="distill", params={"kind": "pkd", "recovery": "own", "epochs": 3}),
    ),
    "quant_post, trained on": (Step(technique="quant_post", params={"pictures": 4}),),
}


def compare(project: Path, only: str = "") -> None:
    """One after the other, from and taught by a short training of one process."""
    folder = ProjectFolder(project)
    base = launch(folder, job_of(folder, 1, ranks=1), "base")
    assert wait(base) == "finished", base.last_log_lines()
    for name, steps in CASES.items():
        if only not in name:
            continue
        job = job_of(folder, 3).model_copy(update={"start": str(base.root), "teacher": str(base.root), "steps": steps})
        began = time.monotonic()
        whole = launch(folder, job, "whole")
        status = wait(whole)
        if status != "finished":
            print(f"{name}: {status}: {whole.last_log_lines()[-3:]}", flush=True)
            print(whole.events.read_text(encoding="utf-8").splitlines()[-1], flush=True)
            continue
        stopped = _stopped(folder, job)
        wrong = differing(whole, stopped)
        verdict = f"differs: {wrong[:3]}" if wrong else "the same to the bit"
        print(f"{name}: {verdict} ({time.monotonic() - began:.0f} s)", flush=True)


def _stopped(folder: ProjectFolder, job: TrainJob) -> RunFolder:
    """Cancelled after its fifth step, and resumed."""
    run = launch(folder, job, "stopped")
    while '"name":"loss","step":5,' not in (run.events.read_text() if run.events.exists() else ""):
        assert run.status() in ("running", "queued"), run.last_log_lines()
        time.sleep(0.02)
    run.cancel.touch()
    assert wait(run) == "cancelled"
    start(run.root)
    assert wait(run) == "finished", run.last_log_lines()
    return run
