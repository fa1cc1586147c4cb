"""Filter pruning: whole filters go, with every channel of other layers that belongs to them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from engine.contract.parameters import parameter
from engine.contract.text.messages import Message, UserError
from engine.technique.base import Base, Context, Phase, Record, Technique

if TYPE_CHECKING:
    from paddle import nn

    from engine.detector.change.surgery import Images
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

_ZOO = "PaddleDetection release/0.4"


def _effect(name: str, unit: str, effect: float, note: tuple[str, str], **scope: Any) -> dict[str, Any]:
    head = {"name": name, "effect": effect, "unit": unit, "input": "320", "threads": None, "source": _ZOO}
    return head | {"note": {"en": note[0], "zh": note[1]}} | scope


def _change(preset: str, before: float, after: float, data: str) -> tuple[str, str]:
    """A note in both languages; a star behind the preset stands for distillation."""
    english, chinese = preset.replace(" *", " and distilled"), preset.replace(" *", " 加蒸馏")
    return f"{english}, {before} to {after}, {data}", f"{chinese}，{before} → {after}，{data}"


class FilterPrune(Technique):
    """Remove the weakest convolution filters, then fine-tune."""

    key: ClassVar[str] = "filter_prune"
    phase: ClassVar[Phase] = Phase.PRUNE
    trains: ClassVar[bool] = True
    title: ClassVar[dict[str, str]] = {"en": "Filter pruning", "zh": "滤波器剪裁"}
    summary_zh: ClassVar[str] = "移除最弱的卷积滤波器，然后微调。"
    published: ClassVar[tuple[dict[str, Any], ...]] = (
        _effect("conv_macs", "%", -69.6, ("head70, Pascal VOC", "head70，Pascal VOC"), family="YOLOv3 MobileNetV1"),
        _effect(
            "phone_ms",
            "%",
            -60.9,
            ("head70, 80.5 to 31.5 ms on SD855, Pascal VOC", "head70，SD855 上 80.5 → 31.5 ms，Pascal VOC"),
            family="YOLOv3 MobileNetV1",
            threads=4,
        ),
        _effect("map", "points", 0.2, _change("head70", 75.3, 75.5, "Pascal VOC"), family="YOLOv3 MobileNetV1"),
        _effect("map", "points", -3.1, _change("head70", 27.1, 24.0, "COCO"), family="YOLOv3 MobileNetV1"),
        _effect("map", "points", -2.0, _change("head70 *", 27.1, 25.1, "COCO"), family="YOLOv3 MobileNetV1"),
        _effect(
            "map",
            "points",
            -2.5,
            _change("head86 *", 27.1, 24.6, "COCO"),
            family="YOLOv3 MobileNetV3-large",
        ),
    )

    class Params(Technique.TrainingParams):
        """How many filters go, where, and by which measure."""

        criterion: Literal["fpgm", "l1", "obs"] = parameter(
            "fpgm",
            ("Criterion", "剪裁准则"),
            (
                "Which filters go: fpgm those nearest to all others, l1 those of least magnitude, obs those that the "
                "layers behind can best make up for, with weights solved anew on training pictures",
                "移除哪些滤波器：FPGM 移除与其他滤波器最接近的，L1 移除幅值最小的，OBS 移除后续层最容易补偿的，"
                "并用训练图片重新求解权重",
            ),
            labels={
                "fpgm": ("FPGM (geometric median)", "FPGM（几何中位数）"),
                "l1": ("L1 norm", "L1 范数"),
                "obs": ("OBS (least squares)", "OBS（最小二乘补偿）"),
            },
            simple=True,
        )
        pictures: int = parameter(
            128,
            ("Pictures", "图片数"),
            ("Training pictures that obs looks at", "OBS 准则使用的训练图片数"),
            ge=8,
            le=2000,
        )
        preset: Literal["none", "head70", "head86"] = parameter(
            "none",
            ("Preset", "预设"),
            (
                "Published ratios for YOLOv3's 18 head convolutions, in place of ratio and scope",
                "针对 YOLOv3 检测头 18 个卷积的公开剪裁比例，代替“比例”和“范围”",
            ),
            labels={
                "none": ("None", "无"),
                "head70": ("Head, FLOPs -70 %", "检测头，FLOPs -70 %"),
                "head86": ("Head, FLOPs -86 %", "检测头，FLOPs -86 %"),
            },
            simple=True,
        )
        scope: Literal["all", "head", "backbone"] = parameter(
            "all",
            ("Scope", "范围"),
            (
                "Where ratio holds: all layers, the detection head, or the feature extractor",
                "“比例”的作用范围：所有层、检测头或骨架网络",
            ),
            labels={
                "all": ("All layers", "所有层"),
                "head": ("Detection head", "检测头"),
                "backbone": ("Backbone", "骨架网络"),
            },
            simple=True,
        )
        ratio: float = parameter(
            0.3,
            ("Ratio", "比例"),
            ("Share of filters removed from every group in scope", "范围内每个通道组移除的滤波器比例"),
            ge=0,
            le=0.9,
            simple=True,
        )
        ratios: dict[str, Ratio] = parameter(
            {},
            ("Ratios by group", "分组比例"),
            (
                "Share of filters removed by channel group, before ratio and preset",
                "按通道组指定移除的滤波器比例，优先于“比例”和“预设”",
            ),
            measure="channels",
        )
        align: int = parameter(
            1,
            ("Align to", "通道对齐"),
            (
                "Filters kept are rounded to a multiple of this; 8 suits phone kernels",
                "保留的滤波器数取此数的倍数；8 适合手机内核",
            ),
            ge=1,
            le=64,
        )
        floor: int = parameter(
            1,
            ("Fewest filters", "最少保留数"),
            ("Fewest filters kept in a group", "每个通道组最少保留的滤波器数"),
            ge=1,
            le=256,
        )

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
        """The graph with as many channels as `transform` leaves; exact, and independent of weights."""
        from engine.graph.change import keep
        from engine.graph.groups import channel_groups

        return keep(graph, self.counts(channel_groups(graph).groups))

    def counts(self, groups: Mapping[str, ChannelGroup]) -> dict[str, int]:
        """How many channels stay in each group that loses some; raises UserError for one it cannot cut."""
        kept = {name: self._kept(groups[name].channels, ratio) for name, ratio in self._ratios(groups).items()}
        return {name: count for name, count in kept.items() if count < groups[name].channels}

    def transform(self, network: nn.Layer, context: Context) -> Record:
        """Cut the weakest filters out of the network; returns the record of `choose`."""
        from engine.detector.network.trace import trace

        graph = trace(network, dict(context.config))
        if self.params.criterion != "obs":
            record = self.choose(network, graph)
            self.replay(network, record)
            return record
        from engine.detector.change.surgery import renew_statistics

        images = self._images(context)
        record = self.choose(network, graph, images)
        self.replay(network, record)
        renew_statistics(network, images)
        return record

    def choose(self, network: nn.Layer, graph: Graph, images: Images | None = None) -> Record:
        """What to cut by the network's weights: each group's members, channels, and the channels kept.

        With obs by what `images` lead through it as well; the weights of the layers behind change then.
        """
        from engine.graph.groups import channel_groups

        groups = channel_groups(graph).groups
        counts = self.counts(groups)
        if images is not None:
            from engine.detector.change.surgery import spare_channels

            kept = spare_channels(network, graph, list(groups.values()), counts, images)
        else:
            kept = self._strongest(network, groups, counts)
        entries = [
            {
                "group": name,
                "channels": groups[name].channels,
                "kept": indices,
                "members": [list(astuple(member)) for member in groups[name].members],
            }
            for name, indices in kept.items()
        ]
        return {"criterion": self.params.criterion, "groups": entries}

    def _strongest(
        self, network: nn.Layer, groups: Mapping[str, ChannelGroup], counts: Mapping[str, int]
    ) -> dict[str, list[int]]:
        from engine.graph.criteria import weakest

        parameters = dict(network.named_parameters())
        kept = {}
        for name, count in counts.items():
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
        from engine.graph.groups import Member

        cuts = [
            Cut(
                entry["group"],
                entry["channels"],
                tuple(Member(*m) for m in entry["members"]),
                tuple(entry["kept"]),
            )
            for entry in record["groups"]
        ]
        slice_channels(network, cuts)

    def _ratios(self, groups: Mapping[str, ChannelGroup]) -> dict[str, float]:
        params = self.params
        if params.preset != "none":
            wanted = dict(zip(YOLO_HEAD, PRESETS[params.preset], strict=True))
        else:
            wanted = {name: params.ratio for name, group in groups.items() if group.prunable and self._in_scope(name)}
        wanted |= params.ratios
        for name in wanted:
            if name not in groups:
                near = difflib.get_close_matches(name, groups, n=3, cutoff=0.3)
                raise UserError("prune.unknown_group", group=name, near=", ".join(near) or "-")
            if not groups[name].prunable:
                raise UserError(groups[name].locked, group=name)
        return wanted

    def _in_scope(self, name: str) -> bool:
        scope = self.params.scope
        return scope == "all" or (name in YOLO_HEAD if scope == "head" else name.startswith("backbone."))

    def _kept(self, channels: int, ratio: float) -> int:
        # Rounded as PaddleSlim rounds, so that the same ratios give the same network.
        kept = channels - min(channels - 1, int(round(channels * ratio)))
        if kept == channels:
            return channels
        align = self.params.align
        kept = max(align, round(kept / align) * align)
        return int(min(channels, max(kept, self.params.floor)))
