"""Quantisation-aware training: the network is trained on while its convolutions round as int8 ones do."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from engine.contract.parameters import parameter
from engine.contract.published import PublishedEffect, changed
from engine.contract.recipe import Recovery
from engine.contract.text.messages import Message
from engine.technique.base import Context, Phase, Record, Technique
from engine.technique.float_layers import WORST, FloatLayers, Quantising

if TYPE_CHECKING:
    from paddle import nn

    from engine.graph.graph import Graph

CALIBRATION_PICTURES = 32

_MOBILE = "PaddleDetection release/0.4 mobile zoo"
_SLIM = "PaddleDetection 2.6 configs/slim"


class QuantAware(Quantising):
    """Train on with simulated int8 weights and activations, so that the int8 model keeps its accuracy.

    At a hundredth of the base's rate, with averaged weights (as YOLOv7's is trained), and with the statistics of batch
    norm frozen towards the end (Krishnamoorthi, arXiv 1806.08342, section 3.2.2).
    """

    key: ClassVar[str] = "quant_aware"
    phase: ClassVar[Phase] = Phase.QUANTISE
    trains: ClassVar[bool] = True
    averages: ClassVar[float] = 0.99
    published: ClassVar[tuple[PublishedEffect, ...]] = (
        changed("map", 16.2, 15.4, family="SSDLite MobileNetV3-small", source=_MOBILE, input="320"),
        changed("map", 23.3, 22.6, family="SSDLite MobileNetV3-large", source=_MOBILE, input="320"),
        PublishedEffect(
            name="phone_ms",
            effect=-22,
            unit="%",
            family="SSDLite MobileNetV3",
            input="320",
            source="PaddleDetection article of 2020-07-06",
            note=Message(code="published.quant_aware").texts(),
        ),
        changed(
            "map", 29.3, 28.1, family="YOLOv3 MobileNetV1", source="PaddleDetection release/0.4, COCO", input="608"
        ),
        changed("phone_ms", 332, 248, family="YOLOv3 MobileNetV1", source=f"{_SLIM}, SD855", input="608", threads=4),
        changed("nb_bytes", 94.2, 25.4, family="YOLOv3 MobileNetV1", source=_SLIM, input="608"),
        changed(
            "phone_ms",
            367.2,
            280,
            family="YOLOv3 MobileNetV3-large",
            source=f"{_SLIM}, SD855, PACT",
            input="608",
            threads=4,
        ),
    )

    class Params(FloatLayers, Technique.TrainingParams):
        """How the ranges are found, and how many bits weights have; activations have 8."""

        recovery: Recovery = parameter("training.recovery", "own", simple=True)
        rate_factor: float = parameter("quant_aware.rate_factor", 0.01, gt=0, le=10, simple=True)
        # Off: from one start for all layers a short training cannot bring the bound to where the values are, and what
        # lies above it is lost. YOLOv3's reach 118 (docs/int8.md).
        pact: bool = parameter("quant_aware.pact", False, simple=True)
        pact_start: float = parameter("quant_aware.pact_start", 20.0, gt=0, le=1000)
        skip_outputs: bool = parameter("quant_aware.skip_outputs", True)
        weight_bits: Literal[7, 8] = parameter("quant_aware.weight_bits", 7)
        moving_rate: float = parameter("quant_aware.moving_rate", 0.9, ge=0.5, lt=1)
        freeze_norm: bool = parameter("quant_aware.freeze_norm", True)

    def float_layers(self, graph: Graph) -> set[str]:
        """What the parameters name, and the head's outputs if wished."""
        from engine.graph.roles import output_convolutions

        outputs = output_convolutions(graph) if self.params.skip_outputs else set()
        return super().float_layers(graph) | outputs

    def transform(self, network: nn.Layer, context: Context) -> Record:
        """Quantise in place and set the ranges of activations from some training pictures, if there are any.

        Raises UserError as `estimate` does.
        """
        from engine.detector.change.quantisation import activation_ranges, convolutions, set_ranges
        from engine.detector.network.trace import trace

        graph = self.estimate(trace(network, dict(context.config)))
        worst = self.find_worst(network, graph, context)
        int8 = self.int8_layers(graph) - {each["layer"] for each in worst}
        record: Record = {
            "layers": [name for name in convolutions(network) if name in int8],
            "kept_float": [name for name in convolutions(network) if name not in int8],
            "pact": self.params.pact,
            "pact_start": self.params.pact_start,
            "moving_rate": self.params.moving_rate,
            "weight_bits": self.params.weight_bits,
            WORST: worst,
        }
        pictures = islice(context.calibration.batches(), CALIBRATION_PICTURES) if context.calibration else ()
        ranges = activation_ranges(network, record["layers"], [picture["image"] for picture in pictures])
        self.replay(network, record)
        set_ranges(network, ranges)
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

    def begin_epoch(self, network: nn.Layer, epoch: int, epochs: int) -> None:
        """In the last third the network is trained as it will be used: by the statistics of batch norm as they are."""
        from engine.detector.change.quantisation import freeze_norm

        if self.params.freeze_norm and 3 * epoch >= 2 * epochs:
            freeze_norm(network)

    def export(self, program_dir: Path, context: Context) -> Record:
        """Give the saved program int8 weights and real quantisation in place of the simulated."""
        from engine.detector.change.quantisation import convert_program

        return {"int8_convolutions": convert_program(program_dir)}
