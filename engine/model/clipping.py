"""What int8 clips: where each range ends when a quantising step has calibrated it, beside what pictures really give."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.contract.previews.clips import LayerClip, LayerClips
from engine.contract.recipe import Step
from engine.model.assembly import Model, extend
from engine.model.export import save_model
from engine.recipe.registry import make
from engine.technique.base import Calibration, Context

if TYPE_CHECKING:
    from paddle import nn


def clips(model: Model, step: Step, calibration: Calibration, told: Callable[[int, int], None]) -> LayerClips:
    """What the step clips of the model, whose network it changes; calibrated as the step itself does.

    `told` hears how many pictures were looked at, of how many; the step's own calibration comes after that.
    """
    from engine.techniques.quant_aware import CALIBRATION_PICTURES

    pictures = min(calibration.count, getattr(make(step).params, "pictures", CALIBRATION_PICTURES))
    largest = _largest(model.network, islice(calibration.batches(), pictures), lambda done: told(done, pictures))
    # What is found and kept in float is not clipped; to find it takes longer than all else, and hangs on no range.
    plain = step.model_copy(update={"params": step.params | {"keep_worst": 0}})
    quantised = extend(model, (plain,), Context(model.config, model.choice, calibration))
    if quantised.stack.acts_on_program:
        with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
            kept = _kept_by_program(save_model(quantised, Path(scratch), calibration), quantised.network)
    else:
        kept = _kept_by_network(quantised.network)
    layers = (LayerClip(layer=name, largest=largest[name], kept=kept[name]) for name in largest if name in kept)
    return LayerClips(pictures=pictures, layers=tuple(layers))


def _largest(network: nn.Layer, batches: Iterator[Any], told: Callable[[int], None]) -> dict[str, float]:
    """The largest absolute input of every convolution that runs, over all pictures."""
    import paddle

    from engine.detector.change.quantisation import convolutions
    from engine.detector.families.raw import run_to_head
    from engine.detector.network.trace import evaluating

    seen: dict[str, float] = {}

    def watch(name: str) -> Callable[..., None]:
        def look(_: nn.Layer, inputs: tuple[Any, ...]) -> None:
            seen[name] = max(seen.get(name, 0.0), float(inputs[0].abs().max()))

        return look

    hooks = [layer.register_forward_pre_hook(watch(name)) for name, layer in convolutions(network).items()]
    try:
        with evaluating(network), paddle.no_grad():
            for number, batch in enumerate(batches, start=1):
                run_to_head(network, paddle.to_tensor(batch["image"]))
                told(number)
    finally:
        for hook in hooks:
            hook.remove()
    return seen


def _kept_by_network(network: nn.Layer) -> dict[str, float]:
    """Where the ranges of a network's simulated int8 end, by the name that each convolution had in float."""
    from paddle.nn.quant.quant_layers import QuantizedConv2D

    found = ((name, layer) for name, layer in network.named_sublayers() if isinstance(layer, QuantizedConv2D))
    return {name: float(layer._fake_quant_input._scale.numpy().reshape(-1)[0]) for name, layer in found}


def _kept_by_program(program_dir: Path, network: nn.Layer) -> dict[str, float]:
    """Where the ranges of a saved int8 program end; the widest of a convolution that runs on several maps."""
    import paddle

    from engine.detector.network.saved_program import SavedProgram, static_mode

    names = {value.name: name.removesuffix(".weight") for name, value in network.named_parameters()}
    kept: dict[str, float] = {}
    with static_mode(), paddle.static.scope_guard(paddle.static.Scope()):
        program = SavedProgram(str(program_dir / "model"))
        made = {name: op for op in program.block.ops for name in op.output_arg_names}
        for op in program.block.ops:
            if op.type not in ("conv2d", "depthwise_conv2d"):
                continue
            data, weight = (made.get(op.input(slot)[0]) for slot in ("Input", "Filter"))
            if data is None or weight is None or {data.type, weight.type} != {"dequantize_linear"}:
                continue
            layer = names[weight.input("X")[0]]
            kept[layer] = max(kept.get(layer, 0.0), float(program.array(data.input("Scale")[0]).reshape(-1)[0]))
    return kept
