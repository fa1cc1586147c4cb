"""Counts what a built network really does, by hooks on its layers: the check on every computed preview."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from engine.detector.base.runtime import prepare
from engine.detector.base.spec import Config
from engine.detector.families.raw import run_to_head
from engine.detector.network.trace import evaluating

prepare()

import paddle  # noqa: E402
from paddle import nn  # noqa: E402


def _simulates(name: str) -> bool:
    """Whether a parameter belongs to simulated int8 (scales, PACT's bounds), which no exported network has."""
    return "._fake_quant_" in name or "._act_preprocess." in name


class Count(NamedTuple):
    """Multiply-accumulates of one picture (all layers, convolutions alone) and elements of all parameters."""

    macs: int
    conv_macs: int
    params: int


def count_by_hooks(network: nn.Layer, config: Config) -> Count:
    """Run a blank picture through the network up to its head and count; the network stays as it was."""
    totals = {"conv": 0, "linear": 0}

    def on(kind: str, per_output: int) -> Any:
        def hook(layer: Any, inputs: Any, output: Any) -> None:
            totals[kind] += prod(output.shape) * per_output

        return hook

    hooks = []
    for layer in network.sublayers(include_self=True):
        weight = layer._parameters.get("weight")
        name = type(layer).__name__
        if weight is not None and weight.ndim == 4 and "Conv2D" in name and "Transpose" not in name:
            hooks.append(layer.register_forward_post_hook(on("conv", prod(weight.shape[1:]))))
        elif weight is not None and weight.ndim == 2 and "Linear" in name:
            hooks.append(layer.register_forward_post_hook(on("linear", weight.shape[0])))
    try:
        with evaluating(network), paddle.no_grad():
            run_to_head(network, paddle.zeros([1, 3, config["size"], config["size"]]))
    finally:
        for entry in hooks:
            entry.remove()
    params = sum(prod(parameter.shape) for name, parameter in network.named_parameters() if not _simulates(name))
    return Count(totals["conv"] + totals["linear"], totals["conv"], params)
