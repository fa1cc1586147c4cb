"""Built-in detectors at test size, their graphs traced once per process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from engine.contract.project import DetectorChoice
from engine.detector.base.spec import Config, resolve
from engine.detector.families.build import build
from engine.detector.network.trace import Heads, evaluating, trace
from engine.graph.graph import Graph
from engine.recipe.stack import Stack
from engine.technique.base import Calibration, Context

KEYS = (
    "ssdlite_mobilenet_v3_small",
    "ssdlite_mobilenet_v3_large",
    "yolov3_mobilenet_v1",
    "yolov3_mobilenet_v3_large",
    "picodet_xs",
)


def choice_of(key: str, size: int = 96, classes: int = 3) -> DetectorChoice:
    """The detector with classes c0, c1 and so on."""
    return DetectorChoice(key=key, size=size, classes=tuple(f"c{i}" for i in range(classes)))


def fresh(key: str, size: int = 96, classes: int = 3) -> tuple[Any, Config]:
    """A network just built, and its configuration."""
    config = resolve(choice_of(key, size, classes))
    return build(config), config


@cache
def graph_of(key: str, size: int = 96, classes: int = 3) -> Graph:
    """The traced graph of a freshly built detector."""
    return trace(*fresh(key, size, classes))


@dataclass(frozen=True)
class TracedHere(Stack):
    """A stack of techniques that configure nothing, whose graph no child process traces."""

    @cached_property
    def built(self) -> Graph:
        """The traced graph of the bare detector."""
        return graph_of(self.choice.key, self.choice.size, len(self.choice.classes))


def context_of(key: str, size: int = 96, classes: int = 3) -> Context:
    """What a technique's hooks are given."""
    choice = choice_of(key, size, classes)
    return Context(config=resolve(choice), choice=choice)


def noise(choice: DetectorChoice, count: int = 2) -> Calibration:
    """Noise in place of pictures to calibrate on."""
    from engine.detector.predict.pictures import to_inputs

    chance, size = np.random.default_rng(0), choice.size
    made = [to_inputs(chance.integers(0, 256, (size, size, 3), np.uint8), resolve(choice)) for _ in range(count)]
    return Calibration(lambda: iter(made), count)


def shapes_of(network: Any) -> dict[str, tuple[int, ...]]:
    """Shapes of all parameters by structured name."""
    return {name: tuple(parameter.shape) for name, parameter in network.named_parameters()}


def outputs_of(network: Any, size: int = 96) -> list[Any]:
    """Raw head outputs for one fixed noisy picture."""
    import paddle

    picture = np.random.default_rng(0).normal(size=(1, 3, size, size)).astype(np.float32)
    with evaluating(network), paddle.no_grad():
        return [output.numpy() for output in Heads(network)(paddle.to_tensor(picture))]


def stir(network: Any, seed: int = 0) -> None:
    """Give all weights and statistics values as a trained network has: none zero, none equal."""
    generator = np.random.default_rng(seed)
    for name, parameter in network.named_parameters():
        value = parameter.numpy()
        noise = generator.normal(size=value.shape).astype(np.float32)
        if value.ndim > 1:
            value = value * (1 + 0.3 * noise)
        elif name.endswith(("_variance", "bn.weight", "batch_norm.weight")):
            value = np.exp(0.3 * noise)
        else:
            value = value + 0.2 * noise
        parameter.set_value(value)
