"""Post-training quantisation: int8 weights and activations found from calibration pictures, without training."""

from __future__ import annotations

import difflib
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from engine.contract.messages import UserError
from engine.contract.parameters import parameter
from engine.technique import Context, Phase, Record, Technique

if TYPE_CHECKING:
    from paddle import nn

    from engine.graph.graph import Graph


class QuantPost(Technique):
    """Turn a trained network into int8 with some calibration pictures; no training."""

    key: ClassVar[str] = "quant_post"
    phase: ClassVar[Phase] = Phase.QUANTISE
    trains: ClassVar[bool] = False
    title: ClassVar[dict[str, str]] = {"en": "Post-training quantisation (PTQ)", "zh": "离线量化 (PTQ)"}
    summary_zh: ClassVar[str] = "用少量校准图片把训练好的网络转为 int8，无需训练。"
    published: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "name": "map",
            "effect": -1.1,
            "unit": "points",
            "family": "YOLOv3 MobileNetV1",
            "input": "320",
            "threads": None,
            "note": {"en": "27.1 to 26.0, COCO", "zh": "27.1 → 26.0，COCO"},
            "source": "PaddleDetection release/0.4 slim tables",
        },
    )

    class Params(Technique.Params):
        """How ranges are found, on how many pictures, and what stays float."""

        algorithm: Literal["hist", "KL", "mse", "avg", "abs_max", "min_max"] = parameter(
            "hist",
            ("Calibration", "校准算法"),
            (
                "How the range of an activation is found from what the pictures gave",
                "如何根据校准图片确定激活值的范围",
            ),
            labels={
                "hist": ("Histogram", "直方图"),
                "KL": ("KL divergence", "KL 散度"),
                "mse": ("Least squared error", "最小均方误差"),
                "avg": ("Average of the largest", "最大值的平均"),
                "abs_max": ("Largest", "最大绝对值"),
                "min_max": ("Smallest and largest", "最小值和最大值"),
            },
            simple=True,
        )
        pictures: int = parameter(
            64,
            ("Pictures", "校准图片数"),
            ("Training pictures to calibrate on", "用于校准的训练图片数"),
            ge=1,
            le=2000,
            simple=True,
        )
        keep_float: list[str] = parameter(
            [],
            ("Keep in float", "保持浮点"),
            (
                "Convolutions kept in float, by name, such as backbone.conv2.linear_conv.conv",
                "保持浮点的卷积层名称，例如 backbone.conv2.linear_conv.conv",
            ),
            max_length=500,
        )

    def int8_layers(self, graph: Graph) -> set[str]:
        """All convolutions but the head's outputs and those kept in float."""
        from engine.graph.roles import convolutions, output_convolutions

        kept = output_convolutions(graph) | set(self.params.keep_float)
        return {op.layer for op in convolutions(graph)} - kept

    def transform(self, network: nn.Layer, context: Context) -> Record:
        """Changes nothing yet: the record says which convolutions the export will leave float."""
        self._weights(network)
        return {"algorithm": self.params.algorithm, "keep_float": sorted(self.params.keep_float)}

    def export(self, program_dir: Path, context: Context) -> Record:
        """Quantise the saved program in place; the head's output convolutions stay float."""
        from engine.lite.quantising import quantise_program

        if context.calibration is None or context.calibration.count == 0:
            raise UserError("quant_post.no_pictures")
        kept = quantise_program(
            program_dir,
            islice(context.calibration.batches(), self.params.pictures),
            algorithm=self.params.algorithm,
            float_weights=self._weights(context.network) if context.network is not None else (),
        )
        return {"pictures": min(self.params.pictures, context.calibration.count), "float_weights": kept}

    def _weights(self, network: nn.Layer) -> list[str]:
        """The program's names of the weights to keep float; raises UserError for a layer that is not there."""
        parameters = dict(network.named_parameters())
        names = []
        for layer in self.params.keep_float:
            parameter = parameters.get(f"{layer}.weight")
            if parameter is None or parameter.ndim != 4:
                layers = [name.removesuffix(".weight") for name, value in parameters.items() if value.ndim == 4]
                near = ", ".join(difflib.get_close_matches(layer, layers, n=3, cutoff=0.3)) or layers[0]
                raise UserError("quant_post.no_layer", layer=layer, near=near)
            names.append(parameter.name)
        return names
