"""Traces a built detector, up to the raw outputs of its head, into a graph of plain data."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from engine.detector.base.runtime import prepare
from engine.detector.base.spec import Config
from engine.detector.families.raw import run_to_head
from engine.graph.graph import Graph, Kind, Op, Shape

prepare()

import paddle  # noqa: E402
from paddle import nn  # noqa: E402

_KINDS: dict[str, Kind] = {
    "conv2d": "conv2d",
    "depthwise_conv2d": "depthwise_conv2d",
    "batch_norm": "batch_norm",
    "sync_batch_norm": "batch_norm",
    "elementwise_add": "add",
    "elementwise_mul": "mul",
    "concat": "concat",
    "split": "split",
    "pool2d": "pool",
    "nearest_interp_v2": "interpolate",
    "bilinear_interp_v2": "interpolate",
    "reshape2": "reshape",
    "flatten_contiguous_range": "reshape",
    "transpose2": "transpose",
}
_ACTIVATIONS = frozenset("relu relu6 leaky_relu hard_swish hard_sigmoid sigmoid swish silu mish gelu tanh".split())
_ROLES = {"Filter": "weight", "Scale": "weight", "Bias": "bias", "Mean": "mean", "Variance": "variance"}
_SIDE_OUTPUTS = ("XShape", "MeanOut", "VarianceOut", "SavedMean", "SavedVariance", "ReserveSpace")


class Heads(nn.Layer):  # type: ignore[misc]  # Paddle is untyped
    """A detector from the picture to the raw outputs of its head, without priors and post-processing."""

    def __init__(self, network: nn.Layer) -> None:
        super().__init__()
        self.network = network

    @paddle.jit.not_to_static  # nothing in it depends on values, and rewriting its source is most of a trace's time
    def forward(self, image: Any) -> Any:
        """Raw head outputs for (N, 3, H, W) pictures, one tensor per map (SSD: boxes, then scores)."""
        outputs = run_to_head(self.network, image)
        if hasattr(self.network, "ssd_head"):
            (boxes, scores), _ = outputs
            return [*boxes, *scores]
        return outputs


@contextlib.contextmanager
def evaluating(network: nn.Layer) -> Iterator[None]:
    """Inside, the network is in evaluation mode; afterwards each layer is in the mode that it was in."""
    modes = [(layer, layer.training) for layer in network.sublayers(include_self=True)]
    network.eval()
    try:
        yield
    finally:
        for layer, training in modes:
            layer.training = training


# Whoever tries one ratio after another traces the same structure each time, which takes longer than all else.
_known: dict[bytes, Graph] = {}
_MOST_KNOWN = 32


def trace(network: nn.Layer, config: Config) -> Graph:
    """The graph of a detector for one picture of `config["size"]`; the network stays as it was."""
    key = _structure(network, config)
    if key not in _known:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[key] = _trace(network, config["size"])
    return _known[key]


def _structure(network: nn.Layer, config: Config) -> bytes:
    """A digest of all that a graph is made of: what was built, its layers as they are now, shapes of all tensors."""
    shapes = [(name, tuple(value.shape)) for name, value in network.state_dict().items()]
    told = f"{type(network)} {json.dumps(config, sort_keys=True, default=repr)} {network!r} {shapes}"
    return hashlib.blake2b(told.encode(), digest_size=16).digest()


def _trace(network: nn.Layer, size: int) -> Graph:
    spec = [paddle.static.InputSpec([1, 3, size, size], "float32", "image")]
    with evaluating(network), paddle.utils.unique_name.guard():
        heads = Heads(network)
        heads.eval()
        program = paddle.jit.to_static(heads, input_spec=spec, full_graph=True).forward.concrete_program
    block = program.main_program.global_block()
    outputs = [variable.name for variable in paddle.utils.flatten(program.outputs)]
    reader = _Reader(network, block, outputs)
    return Graph(
        ops=tuple(reader.ops),
        inputs=("image",),
        outputs=tuple(outputs),
        tensors=reader.tensors(),
        parameters={name: tuple(p.shape) for name, p in network.named_parameters()},
    )


class _Reader:
    """Walks a block's operations that the outputs depend on, folding a bias into its convolution."""

    def __init__(self, network: nn.Layer, block: Any, outputs: list[str]) -> None:
        self.block = block
        self.names = {p.name: name for name, p in network.named_parameters()}
        self.biases: dict[str, str] = {}
        self.ops: list[Op] = []
        for entry in self._needed(outputs):
            self._read(entry)

    def tensors(self) -> dict[str, Shape]:
        """Shapes of all tensors that the read operations touch."""
        names = {name for op in self.ops for name in (*op.inputs, *op.outputs)}
        return {name: tuple(self.block.var(name).shape) for name in sorted(names)}

    def _needed(self, outputs: list[str]) -> list[Any]:
        wanted, found = set(outputs), []
        for entry in reversed(self.block.ops):
            if wanted.intersection(entry.output_arg_names):
                wanted.update(entry.input_arg_names)
                found.append(entry)
        return found[::-1]

    def _read(self, entry: Any) -> None:
        inputs = [name for name in entry.input_arg_names if name not in self.names]
        if not inputs and entry.type == "reshape2":
            # Paddle shapes a bias to (1, C, 1, 1) before it adds it.
            self.biases[entry.output("Out")[0]] = self.names[entry.input("X")[0]]
        elif entry.type == "elementwise_add" and self._add_bias(entry):
            pass
        else:
            self.ops.append(self._plain(entry, inputs))

    def _add_bias(self, entry: Any) -> bool:
        value, bias = entry.input("X")[0], entry.input("Y")[0]
        name = self.biases.get(bias) or self.names.get(bias)
        last = self.ops[-1] if self.ops else None
        if name is None or last is None or last.outputs != (value,) or last.kind == "batch_norm":
            return False
        parameters = {**last.parameters, "bias": name}
        self.ops[-1] = Op(last.kind, last.inputs, tuple(entry.output("Out")), parameters, last.attributes)
        return True

    def _plain(self, entry: Any, inputs: list[str]) -> Op:
        parameters = {
            _ROLES.get(slot, "weight" if slot == "Y" else slot): self.names[name]
            for slot in entry.input_names
            for name in entry.input(slot)
            if name in self.names
        }
        outputs = [name for slot in entry.output_names if slot not in _SIDE_OUTPUTS for name in entry.output(slot)]
        kind = self._kind(entry, parameters)
        if kind == "concat":
            inputs = list(entry.input("X"))
        return Op(kind, tuple(inputs), tuple(outputs), parameters, self._attributes(entry, kind))

    def _kind(self, entry: Any, parameters: dict[str, str]) -> Kind:
        if entry.type in ("matmul_v2", "mul", "matmul") and "weight" in parameters:
            return "linear"
        if entry.type in _ACTIVATIONS:
            return "activation"
        return _KINDS.get(entry.type, "other")

    def _attributes(self, entry: Any, kind: Kind) -> dict[str, Any]:
        found: dict[str, Any] = {"type": entry.type}
        if kind in ("conv2d", "depthwise_conv2d"):
            same = entry.attr("padding_algorithm") == "SAME"
            found["kernel"] = list(self.block.var(entry.input("Filter")[0]).shape[2:])
            found["stride"] = list(entry.attr("strides"))
            found["padding"] = "SAME" if same else list(entry.attr("paddings"))
            found["dilation"] = list(entry.attr("dilations"))
            found["groups"] = entry.attr("groups")
        elif kind == "pool":
            found["kernel"] = list(entry.attr("ksize"))
            found["stride"] = list(entry.attr("strides"))
            found["global"] = bool(entry.attr("adaptive") or entry.attr("global_pooling"))
        elif kind in ("concat", "split"):
            found["axis"] = entry.attr("axis")
        return found
