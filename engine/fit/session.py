"""One sitting of a fit: what is known is read from its front, everything else is found and kept there at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import inf
from pathlib import Path

from engine.contract.fit.front import ALIGN, FRONT, FitVerdict, Front, FrontPoint, Guarantee, read_front
from engine.contract.fit.job import FitJob
from engine.contract.run.folder import RunFolder
from engine.contract.run.state import fold
from engine.contract.run.tail import EventTail
from engine.fit.choice import AIM, STEADY, Try, best_trial, next_tries
from engine.fit.correction import Correction, Score, bounds
from engine.fit.descent import Descent, Stop, thinned
from engine.fit.measuring import Workshop, settled
from engine.fit.steps import others
from engine.fit.targets import UNSURE, Measure, phone_of, predicted, refuse, refuse_unreachable
from engine.fit.times import CountedTimes, HostTimes, Times
from engine.fit.verdict import given_up, hopeless_words, told
from engine.recipe.stack import stack_of_run
from engine.run.context import JobContext

HOLLOW = 14
"""About so many cuts stand on a front without having been trained."""
BEYOND = 0.6
"""A front goes on to this share of the target, so that it shows what faster would cost."""


class Session:
    """Everything that is found or decided is in `front` before anything follows from it."""

    def __init__(self, job: FitJob, context: JobContext, shop: Workshop | None = None) -> None:
        refuse(job)
        self.job, self.context = job, context
        self.start = Path(job.start)
        self.shop = shop or Workshop(job, context)
        known = read_front(context.run_dir)
        extra = others(job, stack_of_run(self.start).choice.key)
        self.front = known or Front(run=self.start.name, job=job, others=extra, points=(FrontPoint(kind="base"),))
        self.measure: Measure
        self._ways: dict[float, tuple[Descent, list[Stop]]] = {}

    def run(self) -> Front:
        """To the verdict. Raises UserError for what is found to be out of reach, and what trainings raise."""
        self._know_the_base()
        self._know_the_front()
        while self._try():
            pass
        self._decide()
        return self.front

    def _know_the_base(self) -> None:
        times = self._times()
        self.measure = Measure(self.job, times)
        if self.job.on_host or self.job.device:
            refuse_unreachable(self.job, self.measure, UNSURE)

    def _times(self) -> Times:
        """What predicts; on this machine after the base was measured."""
        graph = stack_of_run(self.start).graph
        base = self._base()
        if self.job.ms is None:
            return CountedTimes(graph)
        if self.job.on_host:
            total, network = self.shop.host_base()
            if base.ms is None:
                self._put(base, ms=settled(total), ms_low=total.low, ms_high=total.high, ms_source="measured")
            return HostTimes(graph, settled(total), settled(network))
        phone = phone_of(self.job)
        assert phone is not None, "a time is asked for on a phone"
        times = predicted(self.job, phone)
        if base.ms is None:
            base = self._put(base, **self.shop.estimated(self.start).times())
        return times if base.ms is None or self.job.device is None else times.measured(base.ms)

    @property
    def _goal(self) -> float | None:
        """What trials shall take: where times are measured a little less than was asked for, for they tremble."""
        return self.job.ms if self.job.ms is None or self.shop.exact else STEADY * self.job.ms

    def _know_the_front(self) -> None:
        """The way down, and hollow points of it."""
        self.context.stage("fit.descending", groups=len(self._worth))
        self._way(1.0)
        if not self.front.hollow:
            shown = [self._hollow(stop) for stop in thinned(self._way(1.0)[1], HOLLOW)[1:]]
            self._keep((self._base(), *shown))

    @cached_property
    def _worth(self) -> dict[str, tuple[float, ...]]:
        channels, found = self.measure.channels, self.shop.saliency().groups
        return {name: each for name, each in found.items() if ALIGN < len(each) == channels.get(name)}

    def _way(self, least: float) -> tuple[Descent, list[Stop]]:
        """The way down where any channel is taken to be worth so much."""
        if least not in self._ways:
            descent = Descent(self._worth, self.measure.cost, ALIGN, least, self.context.check_cancelled)
            enough = BEYOND * self.job.ms if self.job.ms is not None else 0.0
            self._ways[least] = descent, descent.stops(enough)
        return self._ways[least]

    def _hollow(self, stop: Stop, least: float = 1.0) -> FrontPoint:
        left, found = self.measure.left(stop.kept), self.shop.saliency()
        timed = self.job.ms is not None
        interval = self._interval(left.ms) if timed and self.shop.guarantee == "upper_end" else {}
        point = FrontPoint(
            kind="hollow",
            ms=left.ms if timed else None,
            predicted_ms=left.ms if timed else None,
            ms_source="estimated" if timed else None,
            macs=left.macs,
            mb=left.mb,
            saliency=found.share_without(stop.kept),
            ratios=self._way(least)[0].ratios(stop),
            least=least,
        )
        return point.model_copy(update=interval)

    def _next(self) -> list[FrontPoint]:
        """The next trials, those that were begun before any other. None where enough was tried, or time is up."""
        trials = self.front.trials
        if begun := [trial for trial in trials if not trial.done]:
            return begun
        room = min(self.job.at_once, self.job.trials - len(trials))
        if room < 1 or not self._time_for_another():
            return []
        stops, correct = self._way(1.0)[1], self._correction()
        ends = (correct(stops[at].cost) for at in (0, -1))
        for group in next_tries(trials, self._goal, *ends):
            if found := self._new(group, room):
                self._keep((*self.front.points, *found))
                return found
        return []

    def _new(self, group: Sequence[Try], room: int) -> list[FrontPoint]:
        """So many of the tries as points, without those that cut as a trial before them does."""
        known = [trial.ratios for trial in self.front.trials]
        found: list[FrontPoint] = []
        for wanted in group:
            point = self._planned(wanted, len(known) + 1)
            if len(found) < room and point.ratios not in known:
                found.append(point)
                known.append(point.ratios)
        return found

    def _try(self) -> bool:
        """Train cuts and measure them; False where no other is to be tried."""
        points = self._next()
        if len(points) > 1:
            self.shop.trained(points)  # all before any is measured, which other work would disturb
        for point in points:
            measured = self.shop.tried(point)
            if self._base().map is None and measured.base is not None:
                self._put(self._base(), map=measured.base.value, map_low=measured.base.low, map_high=measured.base.high)
            self._put(point, **measured.times(), **measured.scores(), run=measured.run, seconds=measured.seconds)
            self._correct()
        return bool(points)

    def _planned(self, wanted: Try, number: int) -> FrontPoint:
        """The cut for a share of the target's time, as the trials so far correct what is predicted."""
        descent, stops = self._way(wanted.least)
        correct, bounded = self._correction(), self.job.macs is not None or self.job.mb is not None
        limit = inf if self._goal is None else wanted.aim * self._goal * (1.0 if self.shop.exact else AIM)

        def cost(stop: Stop) -> float:
            return inf if bounded and not self.measure.fits(self.measure.left(stop.kept)) else correct(stop.cost)

        stop = next((stop for stop in stops if cost(stop) <= limit and cost(stop) < inf), stops[-1])
        if not bounded and not self._corrected:
            stop = descent.spared(stop, max(limit, stop.cost))
        given = {"kind": "trial", "aimed": wanted.aim, "number": number, "epochs": self.job.trial_epochs}
        return self._hollow(stop, wanted.least).model_copy(update=given)

    @property
    def _corrected(self) -> bool:
        return not self.shop.exact and any(point.done for point in self.front.trials)

    def _correction(self) -> Correction:
        """By what was measured of the base and the trials; nothing where the estimate itself counts."""
        if self.shop.exact:
            return Correction(())
        base = self._base().ms
        seen = [(self.measure.times.whole, base)] if base is not None else []
        seen += [(p.predicted_ms, p.ms) for p in self.front.trials if p.done and p.ms and p.predicted_ms]
        return Correction(seen)

    def _correct(self) -> None:
        """Hollow points as the trials correct them: their times, and between which mAP they lie."""
        correct, spread = self._correction(), self._correction().spread()
        seen = [
            Score(point.saliency, point.map, point.map_low or point.map, point.map_high or point.map)
            for point in (self._base(), *self.front.trials)
            if point.map is not None
        ]
        points = []
        for point in self.front.points:
            if point.kind == "hollow":
                given: dict[str, object] = {}
                if point.predicted_ms is not None:
                    ms = correct(point.predicted_ms)
                    given = {"ms": ms, **self._interval(ms, spread)}
                low, high = bounds(seen, point.saliency) or (None, None)
                point = point.model_copy(update={**given, "map_low": low, "map_high": high})
            points.append(point)
        self._keep(tuple(points))

    def _interval(self, ms: float, spread: float = 1.0) -> dict[str, object]:
        """Of a predicted time: where that is an upper end, as the base's is; else by how far trials differ."""
        base = self._base()
        if base.ms_source == "estimated" and base.ms and base.ms_low:
            return {"ms_low": ms * base.ms_low / base.ms, "ms_high": ms}
        return {"ms_low": ms / spread, "ms_high": ms * spread}

    def _time_for_another(self) -> bool:
        """Whether within the hours another trial leaves enough for the last training."""
        done = [point.seconds for point in self.front.trials if point.seconds is not None]
        if self.job.hours is None or not done:
            return True
        return self._left_s() - max(done) > self.shop.trainings.recovery_s(done)

    def _left_s(self) -> float:
        if self.job.hours is None:
            return float("inf")
        return self.job.hours * 3600 - fold(EventTail(RunFolder(self.context.run_dir).events).read()).elapsed_s

    def _decide(self) -> None:
        """Recover the best trial at length, or say why none is good enough."""
        if self.front.verdict is not None:
            return
        job, trials, base = self.job, self.front.trials, self._base()
        best = best_trial(trials, self._goal) or best_trial(trials, job.ms)
        if best is None:
            self._end(given_up(job, trials, self.guarantee))
            return
        words = hopeless_words(job, best, base, trials)
        if words is not None:
            self._end(FitVerdict(met=False, message=words, guarantee=self.guarantee))
            return
        point = self.front.winner or self._winning(best)
        measured = self.shop.won(point, point.epochs or 0)
        point = self._put(point, **measured.times(), **measured.scores(), run=measured.run, seconds=measured.seconds)
        self._end(told(job, point, base, self.guarantee, self.shop.exported(measured)))

    def _winning(self, best: FrontPoint) -> FrontPoint:
        """The trial again, to be trained at length; from the start anew."""
        epochs = self.shop.trainings.epochs(self.front.trials, self._left_s())
        unknown = dict.fromkeys(("run", "seconds", "ms", "ms_low", "ms_high", "map", "map_low", "map_high"))
        point = best.model_copy(update={**unknown, "kind": "winner", "epochs": epochs})
        self._keep((*self.front.points, point))
        return point

    @property
    def guarantee(self) -> Guarantee:
        """What stands for the time."""
        return self.shop.guarantee

    def _end(self, verdict: FitVerdict) -> None:
        self.front = self.front.model_copy(update={"verdict": verdict})
        self._write()

    def _base(self) -> FrontPoint:
        base = self.front.base
        assert base is not None, "every front begins with it"
        return base

    def _put(self, point: FrontPoint, **told: object) -> FrontPoint:
        """Keep a point with what was found of it."""
        new = FrontPoint.model_validate({**dict(point), **told})
        self._keep(tuple(new if each is point else each for each in self.front.points))
        return new

    def _keep(self, points: Sequence[FrontPoint]) -> None:
        self.front = self.front.model_copy(update={"points": tuple(points)})
        self._write()

    def _write(self) -> None:
        self.front.write(self.context.run_dir)
        self.context.artifact(FRONT, Path("front.json"))
