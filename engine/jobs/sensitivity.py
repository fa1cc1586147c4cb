"""Job `sensitivity`: what cutting each channel group alone loses, and how much of that is chance.

It is kept by group, so that it resumes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.recipe import Step
from engine.contract.run.folder import checkpoint_of
from engine.contract.run.job import SensitivityJob
from engine.contract.sensitivity import GroupLosses, SensitivityFolder, digest_of
from engine.contract.text.messages import UserError
from engine.model.assembly import Model, extend, load
from engine.model.measurement import calibration_of, predictor_of
from engine.model.probes import Prober
from engine.model.spread import Floats, Spread
from engine.run.context import JobContext
from engine.technique.base import Context

if TYPE_CHECKING:
    from engine.contract.dataset import Picture
    from engine.detector.predict.evaluation import Detections
    from engine.graph.graph import Graph

STATISTICS = 64
"""Training pictures that a cut by obs looks at here; half of what a step takes."""
AT_ONCE = 3
"""Groups that share one recorded run of the whole network; so many are lost at most when a measurement is stopped."""


@dataclass(frozen=True)
class _Bench:
    run: Path
    train: list[Picture]
    shown: list[Picture]
    split: str
    check: Callable[[], None]

    def find(self, model: Model) -> list[Detections]:
        """What a model finds on the pictures shown."""
        from engine.detector.network.depthwise import fast_depthwise
        from engine.detector.predict.evaluation import detect

        found: list[Detections] = []
        with fast_depthwise(), predictor_of(model, calibration_of(model, self.train)) as predictor:
            for part in detect(predictor, self.shown, model.config):
                self.check()
                found += part
        return found

    def cut(self, group: str, ratio: float, criterion: str) -> Model:
        """The run's model with a share of one group's channels removed."""
        params = {"criterion": criterion, "ratio": 0, "ratios": {group: ratio}, "pictures": STATISTICS, "epochs": 0}
        model, _ = load(self.run)
        context = Context(model.config, model.choice, calibration_of(model, self.train))
        return extend(model, (Step(technique="filter_prune", params=params),), context)


@dataclass(frozen=True)
class _Lost:
    """Points lost by ratio, and the spread of each."""

    losses: dict[float, float]
    spreads: dict[float, float | None]


def run(job: SensitivityJob, context: JobContext) -> dict[str, object]:
    """Measure the groups that are this job's part and not measured yet; the result names the folder."""
    from engine.contract.dataset import Index
    from engine.detector.base.runtime import set_threads

    set_threads(job.threads)
    index = Index.open(Path(job.index))
    shown = index.pictures(job.split)[: job.pictures or None]
    if not shown:
        raise UserError("train.no_pictures", path=job.index, split=job.split)
    bench = _Bench(Path(job.run), index.pictures("train"), shown, job.split, context.check_cancelled)
    digest = digest_of(checkpoint_of(bench.run))
    folder = SensitivityFolder.of(bench.run, job.criterion, job.split, len(shown), digest)
    channels = groups_of(bench.run)
    unknown = [name for name in job.groups if name not in channels]
    if unknown:
        raise UserError("sensitivity.unknown_group", group=unknown[0], example=next(iter(channels)))
    wanted = [name for name in channels if name in job.groups or not job.groups][job.part :: job.parts]
    context.stage("sensitivity.running", groups=len(wanted), pictures=len(shown))
    todo = [name for name in wanted if folder.missing(name, job.ratios)]
    done = 0
    for base, found in _losses(bench, {name: folder.missing(name, job.ratios) for name in todo}, job.criterion):
        for name, lost in found.items():
            folder.write(
                GroupLosses(
                    group=name,
                    channels=channels[name],
                    base=base,
                    split=job.split,
                    pictures=len(shown),
                    losses=lost.losses,
                    spreads=lost.spreads,
                )
            )
        done += len(found)
        context.progress(done, len(todo), "group")
    return {"folder": str(folder.root), "groups": list(channels)}


def _losses(
    bench: _Bench, todo: Mapping[str, Sequence[float]], criterion: str
) -> Iterator[tuple[float, dict[str, _Lost]]]:
    """The base, and losses by group and ratio, some groups at a time: what is yielded need not be measured again."""
    if not todo:
        return
    model, _ = load(bench.run)
    spread = Spread(bench.shown, model.choice.classes)
    if criterion == "obs":
        # Obs solves the weights behind a cut anew and renews statistics: hardly a layer stays as it was.
        base = spread.scores(bench.find(model))
        for name, ratios in todo.items():
            found = {ratio: spread.scores(bench.find(bench.cut(name, ratio, criterion))) for ratio in ratios}
            yield float(base[0]), {name: _against(spread, base, found)}
        return
    from engine.detector.network.trace import trace

    prober = _Probing(model, trace(model.network, dict(model.config)), bench.shown, bench.check, spread)
    names = list(todo)
    for first in range(0, len(names), AT_ONCE):
        yield prober.measured({name: todo[name] for name in names[first : first + AT_ONCE]}, criterion)


def _against(spread: Spread, base: Floats, found: Mapping[float, Floats]) -> _Lost:
    """What is lost against the base, by ratio, with the spread of that."""
    losses = {ratio: round(float(base[0] - scores[0]), 3) for ratio, scores in found.items()}
    spreads = {ratio: spread.of_difference(base, scores) for ratio, scores in found.items()}
    return _Lost(losses, {ratio: None if value is None else round(value, 3) for ratio, value in spreads.items()})


class _Probing(Prober):
    """A prober that keeps how each network scores without each group of the pictures."""

    def __init__(
        self, model: Model, graph: Graph, shown: Sequence[Picture], check: Callable[[], None], spread: Spread
    ) -> None:
        super().__init__(model, graph, shown, check)
        self._spread = spread
        self._judged: list[Floats] = []

    def measured(self, wanted: Mapping[str, Sequence[float]], criterion: str) -> tuple[float, dict[str, _Lost]]:
        """As `losses`, with spreads."""
        self._judged = []
        self.losses(wanted, criterion)
        base, *others = self._judged  # the whole network is judged first, then the cuts in the order that is wanted
        left = iter(others)
        found = {group: {ratio: next(left) for ratio in ratios} for group, ratios in wanted.items()}
        return float(base[0]), {group: _against(self._spread, base, scores) for group, scores in found.items()}

    def _map(self, detections: Sequence[Detections]) -> float:
        self._judged.append(self._spread.scores(detections))
        return float(self._judged[-1][0])


def groups_of(run: Path) -> dict[str, int]:
    """The channel groups of a run's network that can be cut, in order, with their numbers of channels.

    Raises UserError for a run in int8, whose network can be cut no more.
    """
    from engine.detector.network.trace import trace
    from engine.graph.groups import channel_groups

    model, _ = load(run)
    if model.stack.quantised:
        raise UserError("sensitivity.quantised", run=run.name)
    groups = channel_groups(trace(model.network, dict(model.config))).groups
    return {name: group.channels for name, group in groups.items() if group.prunable and group.channels > 1}
