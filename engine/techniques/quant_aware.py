"""Quantisation-aware training: the network is trained on while its convolutions round as int8 ones do."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from engine.contract.parameters import parameter
from engine.technique.base import Context, Phase, Record, Technique
from engine.technique.float_layers import FloatLayers

if TYPE_CHECKING:
    from paddle import nn

    from engine.graph.graph import Graph

CALIBRATION_PICTURES = 32

_ZOO = "PaddleDetection release/0.4"
_SLIM = "PaddleDetection 2.6 configs/slim"


def _effect(name: str, before: float, after: float, family: str, source: str, **scope: Any) -> dict[str, Any]:
    relative = name != "map"
    return {
        "name": name,
        "effect": round(100 * (after / before - 1), 1) if relative else round(after - before, 1),
        "unit": "%" if relative else "points",
        "family": family,
        "input": "608",
        "threads": None,
        "note": {"en": f"{before:g} to {after:g}", "zh": f"{before:g} → {after:g}"},
        "source": source,
    } | scope


class QuantAware(Technique):
    """Train on with simulated int8 weights and activations, so that the int8 model keeps its accuracy."""

    key: ClassVar[str] = "quant_aware"
    phase: ClassVar[Phase] = Phase.QUANTISE
    trains: ClassVar[bool] = True
    title: ClassVar[dict[str, str]] = {"en": "Quantisation-aware training (QAT)", "zh": "量化训练 (QAT)"}
    summary_zh: ClassVar[str] = "训练时模拟 int8 权重和激活，使 int8 模型保持精度。"
    published: ClassVar[tuple[dict[str, Any], ...]] = (
        _effect("map", 16.2, 15.4, "SSDLite MobileNetV3-small", f"{_ZOO} mobile zoo", input="320"),
        _effect("map", 23.3, 22.6, "SSDLite MobileNetV3-large", f"{_ZOO} mobile zoo", input="320"),
        {
            "name": "phone_ms",
            "effect": -22,
            "unit": "%",
            "family": "SSDLite MobileNetV3",
            "input": "320",
            "threads": None,
            "note": {
                "en": "about; mAP -0.4, where the mobile zoo's own table says -0.7 and -0.8",
                "zh": "约数；mAP -0.4，而移动端模型库自己的表格为 -0.7 和 -0.8",
            },
            "source": "PaddleDetection article of 2020-07-06",
        },
        _effect("map", 29.3, 28.1, "YOLOv3 MobileNetV1", f"{_ZOO}, COCO"),
        _effect("phone_ms", 332, 248, "YOLOv3 MobileNetV1", f"{_SLIM}, SD855", threads=4),
        _effect("nb_bytes", 94.2, 25.4, "YOLOv3 MobileNetV1", _SLIM),
        _effect("phone_ms", 367.2, 280, "YOLOv3 MobileNetV3-large", f"{_SLIM}, SD855, PACT", threads=4),
    )

    class Params(FloatLayers, Technique.TrainingParams):
        """How the ranges are found, and how many bits weights have; activations have 8."""

        rate_factor: float = parameter(
            0.1,
            ("Learning rate factor", "学习率系数"),
            ("Learning rate as a multiple of the base run's", "学习率相对于起始运行的倍数"),
            gt=0,
            le=10,
            simple=True,
        )
        # Off: from one start for all layers a short training cannot bring the bound to where the values are, and what
        # lies above it is lost. YOLOv3's reach 118 (docs/int8.md).
        pact: bool = parameter(
            False,
            ("PACT", "PACT"),
            (
                "Learn the bound at which activations are clipped (PACT); for long trainings",
                "学习激活值的截断上限 (PACT)；适合长时间训练",
            ),
            simple=True,
        )
        pact_start: float = parameter(
            20.0,
            ("PACT start", "PACT 初值"),
            (
                "PACT: bound at the start of the training; activations above it are cut off",
                "PACT：训练开始时的截断上限；超过它的激活值会被截断",
            ),
            gt=0,
            le=1000,
        )
        skip_outputs: bool = parameter(
            True,
            ("Outputs in float", "输出层保持浮点"),
            ("Keep the head's output convolutions in float", "检测头的输出卷积保持浮点"),
        )
        weight_bits: Literal[7, 8] = parameter(
            7,
            ("Weight bits", "权重位数"),
            (
                "How much of int8's range weights use: with 7 bits sums cannot overflow on any processor, "
                "8 is for phones alone",
                "权重使用 int8 的多少位：7 位在任何处理器上求和都不会溢出，8 位仅适用于手机",
            ),
            labels={"7": ("7 bits", "7 位"), "8": ("8 bits", "8 位")},
        )
        moving_rate: float = parameter(
            0.9,
            ("Moving average", "滑动平均系数"),
            (
                "How slowly the range of activations follows the last batches",
                "激活值范围跟随最近批次变化的缓慢程度",
            ),
            ge=0.5,
            lt=1,
        )

    def estimate(self, graph: Graph) -> Graph:
        """The graph as it is; raises UserError for a convolution to keep in float that it has not."""
        self.params.check_names(graph, self.key)
        return graph

    def int8_layers(self, graph: Graph) -> set[str]:
        """All convolutions but those kept in float."""
        from engine.graph.roles import convolutions, output_convolutions

        kept: set[str] = self.params.kept(graph) | (output_convolutions(graph) if self.params.skip_outputs else set())
        return {op.layer for op in convolutions(graph)} - kept

    def transform(self, network: nn.Layer, context: Context) -> Record:
        """Quantise in place and set the ranges of activations from some training pictures, if there are any."""
        from engine.detector.change.quantisation import calibrate, convolutions
        from engine.detector.network.trace import trace

        graph = trace(network, dict(context.config))
        self.params.check_names(graph, self.key)
        int8 = self.int8_layers(graph)
        record: Record = {
            "layers": [name for name in convolutions(network) if name in int8],
            "kept_float": [name for name in convolutions(network) if name not in int8],
            "pact": self.params.pact,
            "pact_start": self.params.pact_start,
            "moving_rate": self.params.moving_rate,
            "weight_bits": self.params.weight_bits,
        }
        self.replay(network, record)
        if context.calibration is not None:
            pictures = islice(context.calibration.batches(), CALIBRATION_PICTURES)
            calibrate(network, (picture["image"] for picture in pictures))
        return record

    def replay(self, network: nn.Layer, record: Record) -> None:
        """Quantise the recorded convolutions; the scales come with the weights."""
        from engine.detector.change.quantisation import quantise

        quantise(
            network,
            record["layers"],
            weight_bits=record["weight_bits"],
            moving_rate=record["moving_rate"],
            pact_start=record["pact_start"] if record["pact"] else None,
        )

    def export(self, program_dir: Path, context: Context) -> Record:
        """Give the saved program int8 weights and real quantisation in place of the simulated."""
        from engine.detector.change.quantisation import convert_program

        return {"int8_convolutions": convert_program(program_dir)}
