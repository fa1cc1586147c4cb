"""The networks whose latency was published, built of Paddle's and ppdet's own classes; run only in a child.

`python -m tests.latency.networks FOLDER KEY:SIZE ...` traces them into `FOLDER/KEY-SIZE.json`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.detector.base.runtime import prepare

prepare()

import paddle  # noqa: E402
from paddle import nn  # noqa: E402
from paddle.vision import models  # noqa: E402
from ppdet.modeling import backbones, heads, necks  # noqa: E402

from engine.detector.network.trace import _Reader  # noqa: E402
from engine.graph.graph import Graph  # noqa: E402

RATIOS = {
    "s": (0.875, 0.5, 0.5, 0.5, 0.625, 0.5, 0.625, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5),
    "m": (0.875, 0.5, 1.0, 0.625, 0.5, 0.75, 0.625, 0.625, 0.5, 0.625, 1.0, 0.625, 0.75),
}
"""Widths of ESNet's blocks in the first PicoDet (arXiv 2111.00902; L has those of M)."""


class Classifier(nn.Layer):  # type: ignore[misc]
    """A backbone's last map, pooled, widened and classified, as PaddleClas ends GhostNet and LCNet."""

    def __init__(self, backbone: nn.Layer, channels: int, squeeze: int, wide: int, act: type[nn.Layer]) -> None:
        super().__init__()
        self.backbone = backbone
        layers: list[nn.Layer] = []
        if squeeze:
            layers = [nn.Conv2D(channels, squeeze, 1, bias_attr=False), nn.BatchNorm2D(squeeze), nn.ReLU()]
        layers += [nn.AdaptiveAvgPool2D(1), nn.Conv2D(squeeze or channels, wide, 1, bias_attr=False), act()]
        self.top = nn.Sequential(*layers, nn.Flatten(), nn.Linear(wide, 1000))

    @paddle.jit.not_to_static  # type: ignore[untyped-decorator]
    def forward(self, image: Any) -> Any:
        """Scores (1, 1000)."""
        return self.top(self.backbone({"image": image})[-1])


class LegacyPicoDet(nn.Layer):  # type: ignore[misc]
    """PicoDet as first published: CSP-PAN and one output convolution for each map."""

    def __init__(self, backbone: nn.Layer, channels: list[int], width: int, depth: int, classes: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.neck = necks.CSPPAN(channels, width, num_features=4, spatial_scales=[0.125, 0.0625, 0.03125])
        self.feat = heads.pico_head.PicoFeat(width, width, 4, depth, "bn", True)
        self.outs = nn.LayerList([nn.Conv2D(width, classes + 32, 1) for _ in range(4)])

    @paddle.jit.not_to_static  # type: ignore[untyped-decorator]
    def forward(self, image: Any) -> Any:
        """Classes and distances of each map."""
        maps = self.neck(self.backbone({"image": image}))
        return [out(self.feat(one, place)[0]) for place, (out, one) in enumerate(zip(self.outs, maps, strict=True))]


def esnet_picodet(kind: str, scale: float, width: int, depth: int, classes: int = 80) -> nn.Layer:
    """The first PicoDet on ESNet."""
    body = backbones.ESNet(scale, "hard_swish", [4, 11, 14], list(RATIOS[kind]))
    return LegacyPicoDet(body, [shape.channels for shape in body.out_shape], width, depth, classes)


def other_picodet(body: nn.Layer, width: int = 128, depth: int = 4) -> nn.Layer:
    """The first PicoDet on another backbone."""
    return LegacyPicoDet(body, [shape.channels for shape in body.out_shape], width, depth, 80)


def ghostnet(scale: float) -> nn.Layer:
    """PaddleClas's GhostNet."""
    body = backbones.GhostNet(scale, [6, 12, 17])
    return Classifier(body, body.out_shape[-1].channels, int(_divisible(960 * scale, 4)), 1280, nn.ReLU)


def lcnet(scale: float) -> nn.Layer:
    """PaddleClas's PP-LCNet."""
    body = backbones.LCNet(scale, [3, 4, 5])
    return Classifier(body, int(_divisible(512 * scale, 8)), 0, 1280, nn.Hardswish)


def _divisible(value: float, by: int) -> int:
    whole = max(by, int(value + by / 2) // by * by)
    return whole + by if whole < 0.9 * value else whole


def mobilenet_v3(size: str, scale: float) -> nn.Layer:
    """PaddleClas's MobileNetV3, whose last layer stays as wide at every scale."""
    whole = {"large": models.MobileNetV3Large, "small": models.MobileNetV3Small}[size](scale=scale)
    wide, narrow = 1280, whole.lastconv_out_channels
    whole.classifier = nn.Sequential(nn.Linear(narrow, wide), nn.Hardswish(), nn.Linear(wide, 1000))
    return whole


def _scaled(made: Callable[[float], nn.Layer], name: str, scales: tuple[float, ...]) -> dict[str, Callable[[], Any]]:
    return {f"{name}_x{scale}": lambda scale=scale: made(scale) for scale in scales}  # type: ignore[misc]


NETWORKS: dict[str, Callable[[], nn.Layer]] = {
    **_scaled(lambda s: models.MobileNetV1(scale=s), "mobilenet_v1", (0.25, 0.5, 0.75, 1.0)),
    **_scaled(lambda s: models.MobileNetV2(scale=s), "mobilenet_v2", (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)),
    **_scaled(lambda s: mobilenet_v3("large", s), "mobilenet_v3_large", (0.35, 0.5, 0.75, 1.0, 1.25)),
    **_scaled(lambda s: mobilenet_v3("small", s), "mobilenet_v3_small", (0.35, 0.5, 0.75, 1.0, 1.25)),
    **_scaled(lambda s: models.ShuffleNetV2(scale=s), "shufflenet_v2", (0.25, 0.5, 1.0, 1.5, 2.0)),
    **_scaled(ghostnet, "ghostnet", (0.5, 1.0, 1.3)),
    **_scaled(lcnet, "lcnet", (1.0,)),
    "resnet18": models.resnet18,
    "resnet34": models.resnet34,
    "resnet50": models.resnet50,
    "vgg16": models.vgg16,
    "squeezenet1_0": models.squeezenet1_0,
    "squeezenet1_1": models.squeezenet1_1,
    "inception_v1": models.googlenet,
    "picodet_s_legacy": lambda: esnet_picodet("s", 0.75, 96, 2),
    "picodet_s_legacy_1class": lambda: esnet_picodet("s", 0.75, 96, 2, 1),
    "picodet_m_legacy": lambda: esnet_picodet("m", 1.0, 128, 4),
    "picodet_l_legacy": lambda: esnet_picodet("m", 1.25, 160, 4),
    "picodet_shufflenet_v2_legacy": lambda: other_picodet(
        backbones.ShuffleNetV2(1.0, "leaky_relu", [5, 13, 17]), 96, 2
    ),
    "picodet_lcnet_1.5_legacy": lambda: other_picodet(backbones.LCNet(1.5, [3, 4, 5])),
    "picodet_mobilenet_v3_legacy": lambda: other_picodet(
        backbones.MobileNetV3(1.0, "large", [7, 13, 16], with_extra_blocks=False)
    ),
}


def trace(key: str, size: int) -> Graph:
    """The graph of one of NETWORKS for a picture of `size` pixels."""
    with paddle.utils.unique_name.guard():
        network = NETWORKS[key]()
        network.eval()
        spec = [paddle.static.InputSpec([1, 3, size, size], "float32", "image")]
        program = paddle.jit.to_static(network, input_spec=spec, full_graph=True).forward.concrete_program
        outputs = [variable.name for variable in paddle.utils.flatten(program.outputs)]
        reader = _Reader(network, program.main_program.global_block(), outputs)
        parameters = {name: tuple(p.shape) for name, p in network.named_parameters()}
    return Graph(tuple(reader.ops), ("image",), tuple(outputs), reader.tensors(), parameters)


def main(folder: Path, wanted: list[str]) -> None:
    """Trace each KEY:SIZE into the folder."""
    for word in wanted:
        key, size = word.rsplit(":", 1)
        graph = trace(key, int(size))
        (folder / f"{key}-{size}.json").write_text(graph.to_json(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
