"""How a fit ends, in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.contract.fit.front import FitVerdict, FrontPoint, Guarantee
from engine.contract.fit.job import FitJob
from engine.contract.text.messages import Argument, Message
from engine.contract.text.numbers import show_value, signed
from engine.fit.choice import affordable, hopeless
from engine.fit.targets import asked_for

# Written out, so that each sentence can be found by its code.
_MET: dict[Guarantee, str] = {
    "host": "fit.met_host",
    "bench": "fit.met_bench",
    "simulated": "fit.met_simulated",
    "upper_end": "fit.met_upper_end",
    "counted": "fit.met_counted",
}


def told(job: FitJob, won: FrontPoint, base: FrontPoint, guarantee: Guarantee, export: Path | None) -> FitVerdict:
    """What the winner came to, after its long recovery."""
    lost = won.map - base.map if won.map is not None and base.map is not None else None
    args: dict[str, Argument] = {
        "target": asked_for(job),
        "run": won.run or "",
        "map": f"{won.map:.1f}" if won.map is not None else "?",
        "change": signed(lost) if lost is not None else "?",
    }
    if job.ms is not None:
        args |= {"ms": show_value(won.ms or 0.0, "ms"), "phone": job.phone or ""}
    else:
        args |= {"macs": f"{100 * won.macs:.1f}", "mb": f"{won.mb or 0:.2f}"}
    late = job.ms is not None and (won.ms is None or won.ms > job.ms)
    poor = job.points is not None and lost is not None and -lost > job.points
    if late:
        message = Message(code="fit.late", args=args)
    elif poor:
        message = Message(code="fit.poor", args={**args, "points": f"{job.points:g}"})
    else:
        message = Message(code=_MET[guarantee], args=args)
    file = str(export) if export else None
    return FitVerdict(met=not (late or poor), message=message, guarantee=guarantee, run=won.run, export=file)


def given_up(job: FitJob, trials: Sequence[FrontPoint], guarantee: Guarantee) -> FitVerdict:
    """No trial kept within the time."""
    known = [point for point in trials if point.ms is not None]
    nearest = min(known, key=lambda point: point.ms or 0.0)
    args: dict[str, Argument] = {
        "target": asked_for(job),
        "trials": len(trials),
        "ms": show_value(nearest.ms or 0.0, "ms"),
        "run": nearest.run or "",
    }
    return FitVerdict(met=False, message=Message(code="fit.not_reached", args=args), guarantee=guarantee)


def hopeless_words(job: FitJob, best: FrontPoint, base: FrontPoint, trials: Sequence[FrontPoint]) -> Message | None:
    """Why the best trial is not worth a long recovery, and what is nearest; None where it is."""
    if job.points is None or base.map is None or best.map is None or not hopeless(best, base.map, job.points):
        return None
    near = affordable(trials, job.ms or 0.0, job.points, base.map)
    args: dict[str, Argument | Message] = {
        "target": asked_for(job),
        "points": f"{job.points:g}",
        "lost": f"{base.map - best.map:.1f}",
        "run": best.run or "",
    }
    if near is None:
        return Message(code="fit.needs_points", args=args)
    shown = {"near": show_value(near.ms or 0.0, "ms"), "near_run": near.run or "", "map": f"{near.map or 0:.1f}"}
    return Message(code="fit.needs_points_nearest", args={**args, **shown})
