"""Another backbone under the same neck and head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.contract.parameters import parameter
from engine.contract.published import PublishedEffect, changed
from engine.contract.recipe import Recovery
from engine.contract.text.messages import Message, UserError
from engine.technique.base import OWN_LENGTH, Base, Phase, Technique

Config = dict[str, Any]
Key = Literal[
    "mobilenet_v1_x0_25", "mobilenet_v1_x0_5", "mobilenet_v1_x0_75", "mobilenet_v1",
    "mobilenet_v3_small_x0_35", "mobilenet_v3_small_x0_5", "mobilenet_v3_small_x0_75", "mobilenet_v3_small",
    "mobilenet_v3_small_x1_25",
    "mobilenet_v3_large_x0_35", "mobilenet_v3_large_x0_5", "mobilenet_v3_large_x0_75", "mobilenet_v3_large",
    "mobilenet_v3_large_x1_25",
    "shufflenet_v2_x0_25", "shufflenet_v2_x0_5", "shufflenet_v2", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0",
    "lcnet_x0_5", "lcnet_x0_75", "lcnet", "lcnet_x1_5", "lcnet_x2_0",
    "resnet18", "resnet34", "resnet50",
]  # fmt: skip


@dataclass(frozen=True)
class Origin:
    """Where a published time comes from; `size` is the input where the source tells it."""

    soc: str
    runtime: str
    source: str
    size: str | None


_CLAS = Origin("SD855", "Paddle Lite 2.8-2.9", "PaddleClas docs, ImageNet1k/Mobile.md", "224")
_LITE = Origin("SD865", "Paddle Lite 2.13", "Paddle-Lite release/v2.13, arm_cpu.md", None)
_LITE_210 = Origin("SD855", "Paddle Lite 2.10", "Paddle-Lite release/v2.10, benchmark.md", "224")


@dataclass(frozen=True)
class Backbone:
    """A backbone of ppdet: its name, what builds it, and its published time alone on one thread in fp32.

    `maps` are the three maps at strides 8, 16 and 32; `extra_maps` the six of SSD from stride 16 on, where it has them.
    """

    title: str
    config: Config
    maps: Config
    extra_maps: Config | None = None
    ms: float | None = None
    origin: Origin = _CLAS

    @property
    def label(self) -> str:
        """Name and time, for the chooser."""
        return self.title if self.ms is None else f"{self.title} · {self.ms:.1f} ms ({self.origin.soc})"


def _v1(scale: float, ms: float) -> Backbone:
    maps = {"feature_maps": [4, 6, 13], "with_extra_blocks": False}
    # ppdet's extra blocks want the 1024 channels of the whole network.
    extra = {"feature_maps": [11, 13, 14, 15, 16, 17], "with_extra_blocks": True} if scale == 1 else None
    return Backbone(f"MobileNetV1 x{float(scale)}", {"type": "MobileNet", "scale": scale}, maps, extra, ms)


def _v3(size: str, scale: float, ms: float) -> Backbone:
    blocks = {"small": ([4, 9, 12], 10), "large": ([7, 13, 16], 14)}
    three, first = blocks[size]
    six = [first, *range(first + 3, first + 8)]
    return Backbone(
        f"MobileNetV3-{size} x{scale}",
        {"type": "MobileNetV3", "model_name": size, "scale": scale},
        {"feature_maps": three, "with_extra_blocks": False},
        {"feature_maps": six, "with_extra_blocks": True, "multiplier": 0.5},
        ms,
    )


def _shuffle(scale: float, ms: float) -> Backbone:
    return Backbone(
        f"ShuffleNetV2 x{scale}", {"type": "ShuffleNetV2", "scale": scale}, {"feature_maps": [5, 13, 17]}, None, ms
    )


def _lcnet(scale: float, ms: float | None = None) -> Backbone:
    config = {"type": "LCNet", "scale": scale}
    return Backbone(f"PP-LCNet x{scale}", config, {"feature_maps": [3, 4, 5]}, None, ms, _LITE)


def _resnet(depth: int, ms: float | None = None, origin: Origin = _LITE) -> Backbone:
    config = {"type": "ResNet", "depth": depth, "variant": "b", "norm_decay": 0.0}
    config |= {"freeze_at": -1, "freeze_norm": False}
    return Backbone(f"ResNet{depth}", config, {"return_idx": [1, 2, 3]}, None, ms, origin)


BACKBONES: dict[str, Backbone] = {
    "mobilenet_v1_x0_25": _v1(0.25, 2.88),
    "mobilenet_v1_x0_5": _v1(0.5, 8.74),
    "mobilenet_v1_x0_75": _v1(0.75, 17.84),
    "mobilenet_v1": _v1(1, 30.24),
    "mobilenet_v3_small_x0_35": _v3("small", 0.35, 2.23),
    "mobilenet_v3_small_x0_5": _v3("small", 0.5, 2.89),
    "mobilenet_v3_small_x0_75": _v3("small", 0.75, 4.5),
    "mobilenet_v3_small": _v3("small", 1.0, 5.63),
    "mobilenet_v3_small_x1_25": _v3("small", 1.25, 7.88),
    "mobilenet_v3_large_x0_35": _v3("large", 0.35, 4.43),
    "mobilenet_v3_large_x0_5": _v3("large", 0.5, 6.5),
    "mobilenet_v3_large_x0_75": _v3("large", 0.75, 11.53),
    "mobilenet_v3_large": _v3("large", 1.0, 16.55),
    "mobilenet_v3_large_x1_25": _v3("large", 1.25, 24.52),
    "shufflenet_v2_x0_25": _shuffle(0.25, 1.94),
    "shufflenet_v2_x0_5": _shuffle(0.5, 3.67),
    "shufflenet_v2": _shuffle(1.0, 9.72),
    "shufflenet_v2_x1_5": _shuffle(1.5, 17.21),
    "shufflenet_v2_x2_0": _shuffle(2.0, 31.21),
    "lcnet_x0_5": _lcnet(0.5),
    "lcnet_x0_75": _lcnet(0.75),
    "lcnet": _lcnet(1.0, 10.496),
    "lcnet_x1_5": _lcnet(1.5),
    "lcnet_x2_0": _lcnet(2.0),
    "resnet18": _resnet(18, 65.761),
    "resnet34": _resnet(34),
    "resnet50": _resnet(50, 192.88, _LITE_210),
}

_ARTICLE = "PaddleDetection article of 2020-07-06"
_YOLO = "YOLOv3 MobileNetV1"


def _published_time(backbone: Backbone) -> PublishedEffect:
    origin = backbone.origin
    return PublishedEffect(
        name="phone_ms",
        effect=f"{backbone.ms:g}",
        unit="ms",
        family=backbone.title,
        input=origin.size,
        threads=1,
        source=origin.source,
        note=Message(code="published.backbone_alone", args={"device": origin.soc, "runtime": origin.runtime}).texts(),
    )


class BackboneSwap(Technique):
    """Put the neck and the head on another backbone; what fits of the weights is kept, the rest is learnt anew."""

    key: ClassVar[str] = "backbone_swap"
    phase: ClassVar[Phase] = Phase.ARCHITECTURE
    trains: ClassVar[bool] = True
    families: ClassVar[tuple[str, ...] | None] = ("yolov3", "ssd")
    published: ClassVar[tuple[PublishedEffect, ...]] = (
        changed("map", 29.3, 31.4, "published.swapped", input="608", source=_ARTICLE, family=_YOLO),
        PublishedEffect(
            name="map",
            effect=0.0,
            unit="points",
            input="320",
            source="PaddleDetection release/0.4 mobile zoo and slim tables",
            note=Message(code="published.swapped_same", args={"before": 27.1}).texts(),
            family=_YOLO,
        ),
        changed(
            "phone_ms",
            187.13,
            155.95,
            "published.swapped_phone",
            input="320",
            threads=1,
            source=_ARTICLE,
            family=_YOLO,
        ),
        *(_published_time(backbone) for backbone in BACKBONES.values() if backbone.ms is not None),
    )

    class Params(Technique.TrainingParams):
        """Which backbone; its weights are as initialised, so it wants a long training."""

        recovery: Recovery = parameter("training.recovery", "own", simple=True)
        epochs: int = parameter("backbone_swap.epochs", 100, ge=0, le=1000, simple=True, when=OWN_LENGTH)
        backbone: Key = parameter(
            "backbone_swap.backbone",
            "mobilenet_v3_large",
            labels={key: backbone.label for key, backbone in BACKBONES.items()},
            simple=True,
        )

    def check(self, others: Sequence[Technique], base: Base) -> list[Message]:
        """Refuses a backbone that has not the maps that the head needs, and the one that the detector has."""
        config = base.config()
        before = config["backbone"]
        try:
            self.configure(config)
        except UserError as error:
            return [error.message]
        told = ("type", "scale", "model_name", "depth")
        if any(before.get(name) != config["backbone"].get(name) for name in told):
            return []
        return [Message(code="backbone_swap.same", args={"key": base.choice.key, "backbone": self._backbone.title})]

    def configure(self, config: dict[str, Any]) -> None:
        """Put the backbone in place of the other; raises UserError if the head cannot be fed by it."""
        chosen, before = self._backbone, config["backbone"]
        maps = chosen.extra_maps if config["family"] == "ssd" else chosen.maps
        if maps is None:
            known = ", ".join(backbone.title for backbone in BACKBONES.values() if backbone.extra_maps)
            raise UserError("backbone_swap.family", backbone=chosen.title, known=known)
        made = {**chosen.config, **maps}
        # What was set for the detector and not for its backbone stays.
        if made.get("with_extra_blocks"):
            made["extra_block_filters"] = before["extra_block_filters"]
        if "conv_decay" in before and made["type"] in ("MobileNet", "MobileNetV3"):
            made["conv_decay"] = before["conv_decay"]
        config["backbone"] = made

    @property
    def _backbone(self) -> Backbone:
        return BACKBONES[self.params.backbone]
