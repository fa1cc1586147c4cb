"""Filter pruning: whole filters go, with every channel of other layers that belongs to them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from engine.contract.parameters import parameter
from engine.contract.published import PublishedEffect, changed
from engine.contract.text.messages import Message, UserError
from engine.technique.base import Base, Context, Phase, Record, Round, Technique

if TYPE_CHECKING:
    from paddle import nn

    from engine.detector.change.surgery import Images
    from engine.detector.network.channels import Cut
    from engine.graph.graph import Graph
    from engine.graph.groups import ChannelGroup

Ratio = Annotated[float, Field(ge=0, le=0.9)]

_LAYERS = (*(f"conv_module.{name}" for name in ("conv0", "conv1", "conv2", "conv3", "route")), "tip")
YOLO_HEAD = tuple(f"neck.yolo_block.{block}.{layer}.conv" for block in range(3) for layer in _LAYERS)
"""YOLOv3's 18 head convolutions in the order of the published recipes, deepest map first."""

PRESETS: dict[str, tuple[float, ...]] = {
    "head70": (0.5,) * 6 + (0.7,) * 6 + (0.8,) * 6,
    "head86": (0.75,) * 12 + (0.875,) * 6,
}
"""Shares removed of YOLO_HEAD; the number is the cut of the convolutions' multiply-accumulates in percent."""

_YOLO: dict[str, Any] = {"family": "YOLOv3 MobileNetV1", "source": "PaddleDetection release/0.4", "input": "320"}


class FilterPrune(Technique):
    """Remove the weakest convolution filters, then fine-tune."""

    key: ClassVar[str] = "filter_prune"
    phase: ClassVar[Phase] = Phase.PRUNE
    trains: ClassVar[bool] = True
    published: ClassVar[tuple[PublishedEffect, ...]] = (
        PublishedEffect(
            name="conv_macs",
            effect=-69.6,
            unit="%",
            note=Message(code="published.pruned_macs", args={"preset": "head70"}).texts(),
            **_YOLO,
        ),
        changed("phone_ms", 80.5, 31.5, "published.pruned_phone", preset="head70", threads=4, **_YOLO),
        changed("map", 75.3, 75.5, "published.pruned", preset="head70", data="Pascal VOC", **_YOLO),
        changed("map", 27.1, 24.0, "published.pruned", preset="head70", data="COCO", **_YOLO),
        changed("map", 27.1, 25.1, "published.pruned_distilled", preset="head70", data="COCO", **_YOLO),
        changed(
            "map",
            27.1,
            24.6,
            "published.pruned_distilled",
            preset="head86",
            data="COCO",
            **_YOLO | {"family": "YOLOv3 MobileNetV3-large"},
        ),
    )

    class Params(Technique.TrainingParams):
        """How many filters go, where, by which measure, and in how many rounds.

        Of a network that recovers between rounds it is told better what can be spared next: Molchanov and others,
        "Pruning convolutional neural networks for resource efficient inference" (arXiv 1611.06440).
        """

        criterion: Literal["fpgm", "l1", "obs"] = parameter("filter_prune.criterion", "fpgm", simple=True)
        pictures: int = parameter("filter_prune.pictures", 128, ge=8, le=2000)
        preset: Literal["none", "head70", "head86"] = parameter("filter_prune.preset", "none", simple=True)
        scope: Literal["all", "head", "backbone"] = parameter("filter_prune.scope", "all", simple=True)
        ratio: float = parameter("filter_prune.ratio", 0.3, ge=0, le=0.9, simple=True)
        ratios: dict[str, Ratio] = parameter("filter_prune.ratios", {}, measure="channels")
        align: int = parameter("filter_prune.align", 1, ge=1, le=64)
        floor: int = parameter("filter_prune.floor", 1, ge=1, le=256)
        rounds: int = parameter("filter_prune.rounds", 1, ge=1, le=8)
        round_epochs: int = parameter("filter_prune.round_epochs", 6, ge=1, le=100)
        # What a round is told by the plan; nobody is asked for it.
        round: SkipJsonSchema[int] = Field(0, ge=0, le=8)
        kept: SkipJsonSchema[dict[str, Annotated[int, Field(ge=1)]]] = Field({})

    def check(self, others: Sequence[Technique], base: Base) -> list[Message]:
        """Refuses a preset or the head's scope for detectors other than YOLOv3."""
        from engine.detector.base.spec import find_spec

        family, params = find_spec(base.choice.key).family, self.params
        if family == "yolov3":
            return []
        if params.preset != "none":
            return [Message(code="prune.preset_family", args={"preset": params.preset, "key": base.choice.key})]
        if params.scope == "head":
            return [Message(code="prune.no_head", args={"key": base.choice.key})]
        return []

    def estimate(self, graph: Graph) -> Graph:
        """The graph with as many channels as `transform` leaves, exactly; raises UserError as `counts` does."""
        from engine.graph.change import keep
        from engine.graph.groups import channel_groups

        return keep(graph, self.counts(channel_groups(graph).groups))

    def counts(self, groups: Mapping[str, ChannelGroup]) -> dict[str, int]:
        """How many channels stay in each group that loses some; raises UserError for one it cannot cut."""
        from engine.graph.change import left_of

        if self.params.kept:
            for name in self.params.kept:
                _check_group(name, groups)
            kept = dict(self.params.kept)
        else:
            align, floor = self.params.align, self.params.floor
            ratios = self._ratios(groups).items()
            kept = {name: left_of(groups[name].channels, ratio, align, floor) for name, ratio in ratios}
        return {name: count for name, count in kept.items() if count < groups[name].channels}

    @property
    def in_rounds(self) -> bool:
        """Where more than one is asked for; a round itself is done at once."""
        return self.params.rounds > 1 and not self.params.kept

    def rounds(self, graph: Graph) -> list[Round]:
        """The cut in parts: in each round every group keeps about the same share of what the round before left it.

        The last leaves what one cut would. Parts are rounded as `align` says and never below what is left in the end.
        """
        from engine.graph.groups import channel_groups

        count = self.params.rounds
        groups = channel_groups(graph).groups
        final = self.counts(groups)
        parts = []
        left = {name: groups[name].channels for name in final}
        for number in range(1, count):
            left = {name: self._part(groups[name].channels, final[name], number / count, left[name]) for name in final}
            parts.append(Round({"round": number, "kept": left}, self.params.round_epochs))
        return [*parts, Round({"kept": final})]

    def _part(self, whole: int, end: int, done: float, before: int) -> int:
        wanted = whole * (end / whole) ** done
        align = self.params.align
        return int(max(end, min(before, round(wanted / align) * align)))

    def transform(self, network: nn.Layer, context: Context) -> Record:
        """Cut the weakest filters out; raises UserError as `choose` does, and for obs without pictures."""
        from engine.detector.change.surgery import renew_statistics
        from engine.detector.network.channels import slice_channels
        from engine.detector.network.trace import trace

        images = self._images(context) if self.params.criterion == "obs" else None
        cuts = self.choose(network, trace(network, dict(context.config)), images, context.check)
        slice_channels(network, cuts)
        if images is not None:
            renew_statistics(network, images)
        return {"criterion": self.params.criterion, "groups": [cut.record() for cut in cuts]}

    def choose(
        self, network: nn.Layer, graph: Graph, images: Images | None = None, check: Callable[[], None] = lambda: None
    ) -> list[Cut]:
        """What to cut by the network's weights; raises UserError for a group that cannot be cut.

        With obs by what `images` lead through it as well; the weights of the layers behind change then.
        """
        from engine.detector.change.surgery import spare_channels
        from engine.detector.network.channels import Cut
        from engine.graph.groups import channel_groups

        groups = channel_groups(graph).groups
        counts = self.counts(groups)
        if images is not None:
            kept = spare_channels(network, graph, list(groups.values()), counts, images)
        else:
            kept = self._strongest(network, groups, counts, check)
        return [
            Cut(name, groups[name].channels, groups[name].members, tuple(indices)) for name, indices in kept.items()
        ]

    def _strongest(
        self,
        network: nn.Layer,
        groups: Mapping[str, ChannelGroup],
        counts: Mapping[str, int],
        check: Callable[[], None],
    ) -> dict[str, list[int]]:
        from engine.graph.criteria import weakest

        parameters = dict(network.named_parameters())
        kept = {}
        for name, count in counts.items():
            check()
            channels = groups[name].channels
            weight = parameters[groups[name].master].numpy()
            removed = set(weakest(weight, channels - count, self.params.criterion))
            kept[name] = [index for index in range(channels) if index not in removed]
        return kept

    def _images(self, context: Context) -> Images:
        calibration = context.calibration
        if calibration is None or calibration.count == 0:
            raise UserError("prune.no_pictures")
        return lambda: (inputs["image"] for inputs in islice(calibration.batches(), self.params.pictures))

    def replay(self, network: nn.Layer, record: Record) -> None:
        """Cut a network as recorded; raises JobFailed when the record does not fit it."""
        from engine.detector.network.channels import Cut, slice_channels

        slice_channels(network, [Cut.of_record(entry) for entry in record["groups"]])

    def _ratios(self, groups: Mapping[str, ChannelGroup]) -> dict[str, float]:
        params = self.params
        if params.preset != "none":
            wanted = dict(zip(YOLO_HEAD, PRESETS[params.preset], strict=True))
        else:
            wanted = {name: params.ratio for name, group in groups.items() if group.prunable and self._in_scope(name)}
        wanted |= params.ratios
        for name in wanted:
            _check_group(name, groups)
        return wanted

    def _in_scope(self, name: str) -> bool:
        scope = self.params.scope
        return scope == "all" or (name in YOLO_HEAD if scope == "head" else name.startswith("backbone."))


def _check_group(name: str, groups: Mapping[str, ChannelGroup]) -> None:
    """Raise UserError for a group that there is not, or that cannot be cut."""
    if name not in groups:
        near = difflib.get_close_matches(name, groups, n=3, cutoff=0.3)
        raise UserError("prune.unknown_group", group=name, near=", ".join(near) or "-")
    if not groups[name].prunable:
        raise UserError(groups[name].locked, group=name)
