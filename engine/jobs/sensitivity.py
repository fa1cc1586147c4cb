"""Job `sensitivity`: what cutting each channel group alone loses, measured; kept by group, so that it resumes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.figures import pick
from engine.contract.recipe import Step
from engine.contract.run.folder import checkpoint_of
from engine.contract.run.job import SensitivityJob
from engine.contract.sensitivity import GroupLosses, SensitivityFolder, digest_of
from engine.contract.text.messages import UserError
from engine.model.assembly import Model, extend, load
from engine.model.measurement import calibration_of, coco_measured
from engine.run.context import JobContext
from engine.technique.base import Context

if TYPE_CHECKING:
    from engine.contract.dataset import Picture

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

    def measure(self, model: Model) -> float:
        """mAP of a model on the pictures shown, in points."""
        figures = coco_measured(
            model, self.shown, self.split, calibration_of(model, self.train), lambda *_: self.check()
        )
        found = pick(figures, "map")
        assert found is not None
        return found.value

    def cut(self, group: str, ratio: float, criterion: str) -> Model:
        """The run's model with a share of one group's channels removed."""
        params = {"criterion": criterion, "ratio": 0, "ratios": {group: ratio}, "pictures": STATISTICS, "epochs": 0}
        model, _ = load(self.run)
        context = Context(model.config, model.choice, calibration_of(model, self.train))
        return extend(model, (Step(technique="filter_prune", params=params),), context)


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
        for name, losses in found.items():
            folder.write(
                GroupLosses(
                    group=name,
                    channels=channels[name],
                    base=base,
                    split=job.split,
                    pictures=len(shown),
                    losses=losses,
                )
            )
        done += len(found)
        context.progress(done, len(todo), "group")
    return {"folder": str(folder.root), "groups": list(channels)}


def _losses(
    bench: _Bench, todo: Mapping[str, Sequence[float]], criterion: str
) -> Iterator[tuple[float, dict[str, dict[float, float]]]]:
    """The base, and losses by group and ratio, some groups at a time: what is yielded need not be measured again."""
    if not todo:
        return
    model, _ = load(bench.run)
    if criterion == "obs":
        # Obs solves the weights behind a cut anew and renews statistics: hardly a layer stays as it was.
        base = bench.measure(model)
        for name, ratios in todo.items():
            yield base, {name: {r: round(base - bench.measure(bench.cut(name, r, criterion)), 3) for r in ratios}}
        return
    from engine.detector.network.trace import trace
    from engine.model.probes import Prober

    prober = Prober(model, trace(model.network, dict(model.config)), bench.shown, bench.check)
    names = list(todo)
    for first in range(0, len(names), AT_ONCE):
        yield prober.losses({name: todo[name] for name in names[first : first + AT_ONCE]}, criterion)


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
