"""A rank of a training other than the first: `python -m engine.jobs.train_rank RUN_DIR RANK`.

It begins where the run's last checkpoint was written, as the first rank does, and tells nobody anything: what it does
is told by that one.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.device.choice import CPU, trouble_with
from engine.contract.run.events import DeviceUsed, Event
from engine.contract.run.folder import RunFolder, checkpoint_of, read_job
from engine.contract.run.job import TrainJob
from engine.contract.run.ranks import Plan, read_plan
from engine.contract.text.messages import Cancelled, JobFailed, UserError
from engine.jobs.train_parts import Data, make_trainer, open_data, restore, shared_find, threads_of
from engine.jobs.train_ranks import connect_all
from engine.model.assembly import assemble, load
from engine.model.measurement import calibration_of, found_by
from engine.run.context import JobContext
from engine.run.ranks.meeting import Meeting
from engine.run.stop_signal import StopSignal

if TYPE_CHECKING:
    from engine.detector.train.trainer import Trainer


_FAREWELL_S = 20.0


def main(run_dir: Path, rank: int) -> int:
    """Take part until rank 0 lets go; 0 unless what nobody foresaw happened."""
    with StopSignal() as stop:
        job, plan = read_job(RunFolder(run_dir)), read_plan(run_dir)
        if not isinstance(job, TrainJob) or plan is None:
            raise JobFailed("ranks.ended")
        context = JobContext(run_dir, _unheard, sitting=plan.sitting, stop_asked=stop.asked)
        meeting = Meeting(plan.folder(run_dir), rank, plan.size, context.check_cancelled, beating=len(plan.nodes) > 1)
        try:
            take_part(job, context, plan, meeting)
        except (Cancelled, JobFailed, UserError) as error:
            with contextlib.suppress(FileNotFoundError):  # rank 0 was lost, and has begun anew: our sitting is over
                meeting.end(error)
                meeting.wait_for_over(_FAREWELL_S)
        else:
            meeting.wait_for_over()
    return 0


def take_part(job: TrainJob, context: JobContext, plan: Plan, meeting: Meeting) -> None:
    """Train, and measure a part of the best weights."""
    from engine.detector.base.gpus import find_devices, use_device
    from engine.detector.base.header import read_info
    from engine.detector.base.runtime import set_threads

    set_threads(threads_of(job.settings))
    device = plan.devices[meeting.rank % len(plan.devices)]
    if device != CPU and (why := trouble_with(device, find_devices())) is not None:
        raise UserError("device.refused", device=device, why=why)
    use_device(device)
    last = context.run_dir / "checkpoints" / "last.safetensors"
    data, info = open_data(job), read_info(last)
    model = assemble(info.choice, info.steps, info.records)
    used = DeviceUsed(device=device, wheel="", amp=plan.amp, ranks=plan.size)
    trainer = make_trainer(job, context, data, model, info, used, leads=False)
    restore(trainer, info, last)
    connect_all(plan, meeting, trainer, data.index)
    trainer.run()
    trainer.team.meet()  # the best weights are kept
    _measure_part(context, data, trainer)


def _measure_part(context: JobContext, data: Data, trainer: Trainer) -> None:
    model, _ = load(checkpoint_of(context.run_dir))
    if data.val and (find := shared_find(trainer, model)) is not None:
        found_by(model, data.val, calibration_of(model, data.train), lambda *_: context.check_cancelled(), find=find)


def _unheard(_: Event) -> None:
    """What a rank other than the first would tell."""


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
