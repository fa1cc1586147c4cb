"""What a job of SLURM does, on the machine that it was given, and what it answers.

The answer is JSON: submitit's own, a pickle in the project's folder, is not read, for whoever can write there could
have us run anything.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from engine.contract.run.folder import RunFolder
from engine.contract.system.files import write_atomically
from engine.contract.text.messages import Message
from engine.fleet.task import message_of, work

REQUEUE_S = 60.0


class _TimeIsUp(KeyboardInterrupt):
    """SLURM will take the machine away."""


def obey(run: str, gpus: int, witness: str, answer: str) -> None:
    """`work`, which SLURM's SIGTERM interrupts as a fleet's cancel does; what it returns goes as JSON to `answer`.

    A while before its time is over, SLURM tells it by SIGUSR2: the run is stopped, the job put into SLURM's queue
    again, and there it goes on exactly where it was.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    signal.signal(signal.SIGUSR2, _time_is_up)
    try:
        told = work(run, gpus, witness)
    except _TimeIsUp:
        told = _put_back(RunFolder(Path(run)))
    write_atomically(Path(answer), json.dumps(told))


def read_answer(answer: Path, run: str, job: Any) -> Message | None:
    """What the job of a run has answered; where it came to no answer, what is known of why."""
    try:
        return message_of(json.loads(answer.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return Message(code="fleet.given_up", args={"run": run, "reason": _last_words(job)})


def _last_words(job: Any) -> str:
    try:
        lines = (job.stderr() or "").strip().splitlines()
    except (OSError, ValueError):
        lines = []
    return (lines[-1].strip() if lines else "") or str(job.state)


def _time_is_up(_number: int, _frame: FrameType | None) -> None:
    raise _TimeIsUp


def _put_back(run: RunFolder) -> dict[str, object]:
    """Have SLURM do the job once more, and end it without an answer; else what to say."""
    run.cancel.unlink(missing_ok=True)  # no person asked for it
    command = ["scontrol", "requeue", os.environ.get("SLURM_JOB_ID", "")]
    try:
        subprocess.run(command, check=True, timeout=REQUEUE_S, capture_output=True, text=True)
    except (OSError, subprocess.SubprocessError) as error:
        reason = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[0]
        return Message(code="fleet.no_time_left", args={"run": run.root.name, "reason": reason}).model_dump()
    sys.exit(1)
