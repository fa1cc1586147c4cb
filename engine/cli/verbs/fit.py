"""The verb that finds a detector for a time on a phone: short trials, then the best recovered at length."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.arguments import above_nothing, count, epochs, milliseconds, points, share
from engine.cli.fleets import add_fleet_argument
from engine.cli.fronts import report_fit
from engine.cli.projects import open_project, trained_run
from engine.contract.fit.job import FitJob, trials_at_once
from engine.contract.project import ProjectFolder

NAME = "fit"
HELP = "name the milliseconds on a phone, get the detector: cuts, short trials, the best recovered at length"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument("run", metavar="RUN", help="name or number of the trained run to cut")
    parser.add_argument("--ms", type=milliseconds, help="it may take so many milliseconds on --phone")
    parser.add_argument("--phone", metavar="SOC_KEY", help="chip of the phone, such as SD855, or host for this machine")
    parser.add_argument("--threads", type=int, choices=(1, 2, 4), default=1, help="on its fast cores; 1 if not given")
    precisions = ("fp32", "fp16", "int8")
    parser.add_argument("--precision", choices=precisions, default="fp32", help="numbers it computes with; fp32")
    parser.add_argument("--device", metavar="SERIAL", help="measure on this phone, which is connected (see phones)")
    parser.add_argument("--points", type=points, help="so many points of mAP may be lost")
    parser.add_argument("--mb", type=above_nothing("MB"), help="the file may have so many MB in that precision")
    parser.add_argument("--macs", type=share(1), help="share of the MACs that may remain, such as 0.4")
    parser.add_argument("--hours", type=above_nothing("hours"), help="all of it within so many hours of work")
    most = FitJob.model_fields["trials"].default
    parser.add_argument("--trials", type=count("a number of trials"), default=most, help=f"at most so many; {most}")
    each = FitJob.model_fields["trial_epochs"].default
    parser.add_argument("--trial-epochs", type=epochs, default=each, help=f"length of each; {each} if not given")
    beside = (
        "trials trained at once, of those that need not wait for each other; else as cores and memory allow, at most 3"
    )
    parser.add_argument("--at-once", type=count("a number of trials"), default=None, help=beside)
    add_fleet_argument(parser, "train them")
    parser.add_argument("--epochs", type=epochs, help="length of the last training; as the base's if not given")
    some = FitJob.model_fields["pictures"].default
    parser.add_argument("--pictures", type=count("a number of pictures"), default=some, help=f"for saliency; {some}")
    every = count("a number of pictures", least=0)
    parser.add_argument("--limit", type=every, default=0, help="train on only so many pictures of each split")


def run(args: argparse.Namespace) -> int:
    """Refuse what cannot be, then find it in a worker; exit status 1 where a target is not met."""
    from engine.cli.follow import launch_and_follow
    from engine.fit.targets import refuse
    from engine.fleet.opening import refuse_token_by_value

    refuse_token_by_value(args.fleet)
    folder = open_project(args.dir)
    job = fit_job_of(args, folder)
    refuse(job)
    task = folder.new_task(job.kind)
    launch_and_follow(job, task, json=args.json)
    return report_fit(task, args.json)


def fit_job_of(args: argparse.Namespace, folder: ProjectFolder) -> FitJob:
    """What the arguments ask for."""
    names = ("ms", "phone", "threads", "precision", "device", "points", "mb", "macs", "hours")
    more = ("trials", "trial_epochs", "epochs", "pictures", "limit", "fleet")
    given = {name: getattr(args, name) for name in (*names, *more)}
    given["at_once"] = args.at_once or trials_at_once()
    return FitJob(project=str(folder.root), start=str(trained_run(folder, args.run)), **given)
