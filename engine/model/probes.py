"""What groups lose when cut by a measure of the weights alone: one recorded run, then only what each cut changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from engine.contract.figures import Conditions, pick
from engine.model.assembly import Model

if TYPE_CHECKING:
    from engine.contract.dataset import Picture
    from engine.detector.network.channels import Cut
    from engine.detector.predict.evaluation import Detections
    from engine.graph.graph import Graph

PIXELS = 32 * 192 * 192
"""Pixels of one batch: as many as its recorded run may keep in memory, some hundred megabytes."""
Probe = tuple[str, float]


class Prober:
    """A run's network with its pictures read once, measured under cuts of single groups."""

    def __init__(self, model: Model, graph: Graph, shown: Sequence[Picture], check: Callable[[], None]) -> None:
        from engine.detector.predict.pictures import read_picture, stack, to_inputs

        self.model, self.graph, self.shown, self.check = model, graph, shown, check
        batch = max(1, PIXELS // int(model.config["size"]) ** 2)
        inputs = [to_inputs(read_picture(picture.path), model.config) for picture in shown]
        self.batches = [stack(inputs[first : first + batch]) for first in range(0, len(inputs), batch)]

    def losses(
        self, wanted: Mapping[str, Sequence[float]], criterion: str
    ) -> tuple[float, dict[str, dict[float, float]]]:
        """mAP of the whole in points, and points lost by group and ratio; all groups share each recorded run.

        Raises UserError for a group that cannot be cut, and whatever `check` raises.
        """
        from engine.detector.change.probe import Memory
        from engine.detector.network.depthwise import fast_depthwise
        from engine.detector.predict.evaluation import network_predictor

        cuts = {(g, ratio): self._cuts(g, ratio, criterion) for g, ratios in wanted.items() for ratio in ratios}
        whole: list[Detections] = []
        found: dict[Probe, list[Detections]] = {probe: [] for probe in cuts}
        predict = network_predictor(self.model.network)
        memory = Memory(self.model.network)
        with ExitStack() as stack:
            stack.enter_context(fast_depthwise())
            stack.enter_context(memory.installed())
            for batch in self.batches:
                with memory.record():
                    whole += predict(batch)
                for probe, cut in cuts.items():
                    self.check()
                    with memory.cut(cut):
                        found[probe] += predict(batch)
        base = self._map(whole)
        losses: dict[str, dict[float, float]] = {group: {} for group in wanted}
        for (group, ratio), detections in found.items():
            losses[group][ratio] = round(base - self._map(detections), 3)
        return base, losses

    def _cuts(self, group: str, ratio: float, criterion: str) -> list[Cut]:
        from engine.techniques.filter_prune import FilterPrune

        technique = FilterPrune({"criterion": criterion, "ratio": 0, "ratios": {group: ratio}})
        return technique.choose(self.model.network, self.graph)

    def _map(self, detections: Sequence[Detections]) -> float:
        from engine.detector.predict.evaluation import coco_figures

        figure = pick(coco_figures(self.shown, detections, self.model.choice.classes, Conditions()), "map")
        assert figure is not None
        return figure.value
