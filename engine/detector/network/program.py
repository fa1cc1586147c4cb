"""Saves a built detector as a Paddle inference program, the form that Paddle Lite converts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.detector.base.runtime import prepare
from engine.detector.base.spec import Config, program_inputs
from engine.detector.network.conversion import each_method_once
from engine.detector.network.priors import store_priors
from engine.detector.network.saving import telling_refusals
from engine.detector.network.trace import Heads, evaluating

prepare()

import paddle  # noqa: E402
from paddle import nn  # noqa: E402


class _Whole(nn.Layer):  # type: ignore[misc]  # Paddle is untyped
    """A detector with post-processing."""

    def __init__(self, network: nn.Layer) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: dict[str, Any]) -> tuple[Any, Any]:
        """Rows of class, score, x1, y1, x2, y2, and their number."""
        found = self.network(inputs)
        return found["bbox"], found["bbox_num"]


def save_program(network: nn.Layer, config: Config, out_dir: Path, *, post_process: bool = True) -> Path:
    """Write `model.pdmodel` and `model.pdiparams` for one picture of `config["size"]` into `out_dir`; returns it.

    With `post_process` the inputs are image [1, 3, S, S] and, [1, 2] each, the others of `program_inputs`, as ppdet
    exports them; without, image alone, and the outputs are the head's raw maps. The network stays as it was. Priors
    are constants of the program.
    """
    out_dir.mkdir(exist_ok=True)
    held = network.inputs
    try:
        with evaluating(network), _own_forwards(network), paddle.utils.unique_name.guard(), each_method_once():
            layer = _Whole(network) if post_process else Heads(network)
            layer.eval()
            size = config["size"]
            asked = {name: _spec(name, size) for name in program_inputs(config)}
            specs = [asked] if post_process else [asked["image"]]
            program = paddle.jit.to_static(layer, input_spec=specs, full_graph=True)
            with telling_refusals():
                paddle.jit.save(program, str(out_dir / "model"))
    finally:
        # The detector keeps its last inputs; those of the trace are symbols that nothing else can use.
        network.inputs = held
    store_priors(out_dir)
    return out_dir


@contextlib.contextmanager
def _own_forwards(network: nn.Layer) -> Iterator[None]:
    """Paddle gives each layer that it traces another forward and leaves it there; a training that goes on would run it.

    It calls what a loss is made of in ways of its own, and knows neither functions set on a layer nor `zip(strict=)`.
    """
    layers = network.sublayers(include_self=True)
    own = [layer.__dict__.get("forward") for layer in layers]
    try:
        yield
    finally:
        for layer, forward in zip(layers, own, strict=True):
            layer.__dict__.pop("forward", None)
            if forward is not None:
                layer.__dict__["forward"] = forward


def _spec(name: str, size: int) -> Any:
    shape = [1, 3, size, size] if name == "image" else [1, 2]
    return paddle.static.InputSpec(shape, "float32", name)
