"""Post-training quantisation: int8 weights and activations found from calibration pictures, without training."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from engine.contract.parameters import parameter
from engine.contract.published import PublishedEffect, changed
from engine.contract.text.messages import UserError
from engine.technique.base import Context, Phase, Record
from engine.technique.float_layers import WORST, FloatLayers, Quantising

if TYPE_CHECKING:
    from paddle import nn

    from engine.graph.graph import Graph


class QuantPost(Quantising):
    """Turn a trained network into int8 with some calibration pictures; no training.

    The convolutions that int8 hurts most are found and stay float.
    """

    key: ClassVar[str] = "quant_post"
    phase: ClassVar[Phase] = Phase.QUANTISE
    trains: ClassVar[bool] = False
    published: ClassVar[tuple[PublishedEffect, ...]] = (
        changed(
            "map",
            27.1,
            26.0,
            "published.quant_post",
            family="YOLOv3 MobileNetV1",
            source="PaddleDetection release/0.4 slim tables",
            input="320",
        ),
    )

    class Params(FloatLayers):
        """How ranges are found, and on how many pictures."""

        algorithm: Literal["hist", "KL", "mse", "avg", "abs_max", "min_max"] = parameter(
            "quant_post.algorithm", "hist", simple=True
        )
        pictures: int = parameter("quant_post.pictures", 64, ge=1, le=2000, simple=True)

    def float_layers(self, graph: Graph) -> set[str]:
        """The head's outputs, and what the parameters name."""
        from engine.graph.roles import output_convolutions

        return output_convolutions(graph) | super().float_layers(graph)

    def transform(self, network: nn.Layer, context: Context) -> Record:
        """Changes nothing yet: the record says which convolutions the export will leave float.

        Raises UserError as `estimate` does, and what `context.check` and `context.told` raise.
        """
        from engine.detector.network.trace import trace

        graph = self.estimate(trace(network, dict(context.config)))
        worst = self.find_worst(network, graph, context)
        kept = self.params.kept(graph) | {each["layer"] for each in worst}
        return {"algorithm": self.params.algorithm, "keep_float": sorted(kept), WORST: worst}

    def export(self, program_dir: Path, context: Context) -> Record:
        """Quantise the saved program in place; the head's output convolutions stay float.

        Raises UserError without pictures to calibrate on.
        """
        from engine.lite.quantisation import quantise_program

        if context.calibration is None or context.calibration.count == 0:
            raise UserError("quant_post.no_pictures")
        assert context.network is not None, "the export is told the network that was saved"
        # A saved program knows weights by Paddle's own names.
        weights = {name: value.name for name, value in context.network.named_parameters()}
        kept = quantise_program(
            program_dir,
            islice(context.calibration.batches(), self.params.pictures),
            algorithm=self.params.algorithm,
            check=context.check,
            float_weights=[weights[f"{layer}.weight"] for layer in self._kept(context.network, context)],
        )
        return {"pictures": min(self.params.pictures, context.calibration.count), "float_weights": kept}

    def _kept(self, network: nn.Layer, context: Context) -> list[str]:
        """Names of the convolutions to keep in float; raises UserError for one that is not there."""
        from engine.detector.network.trace import trace

        graph = self.estimate(trace(network, dict(context.config)))
        return sorted(self.params.kept(graph) | {each["layer"] for each in self.worst})
