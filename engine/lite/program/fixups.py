"""Mends saved Paddle 2.6 programs for Paddle Lite 2.13; works on a program's bytes and imports no Paddle."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

RELU6_THRESHOLD = 6.0


def fix_program(program: bytes, *, pack: bool = False, unpacked: Sequence[str] = ()) -> tuple[bytes, dict[str, int]]:
    """The program (a serialised ProgramDesc) with everything mended, and how often each thing was.

    - Paddle 2.5 dropped relu6's attribute `threshold`, without which Lite's optimiser aborts.
    - Where weights are to be packed, products with a constant vector, by which PicoDet decodes, become sums of products
      of numbers: Lite 2.13rc0 would pack the vector too, once for each of its uses, and find boxes of 1e22 pixels.
    - Paddle scales each output by one, each time that it saves a program. In half precision Lite converts it for that,
      and gives rows of 16-bit numbers to an app that reads floats: outputs are fetched without.
    - Lite packs the weights of every conv2d, and knows no exception but depthwise_conv2d, which it computes with the
      same kernels, chosen by shape and groups: so are called those whose weights are to stay `unpacked`.
    - Lite's collect_fpn_proposals declares numbers of proposals as floats and reads them as whole numbers: with its
      optimiser's conversion in front of them it crashes, without them it writes its own to nowhere. Both slots are left
      out: it knows from the levels of detail how many go in, and the shape tells how many came out.
    """
    description = _schema().ProgramDesc()
    description.ParseFromString(program)
    counts = {"relu6_threshold": 0, "vector_products": 0, "proposal_numbers": 0, "unpacked": 0, "outputs": 0}
    for block in description.blocks:
        counts["relu6_threshold"] += _give_thresholds(block)
        counts["vector_products"] += _write_out_products(block) if pack else 0
        counts["unpacked"] += _rename_unpacked(block, unpacked) if pack else 0
        counts["outputs"] += _fetch_unscaled(block)
        counts["proposal_numbers"] += _count_proposals_by_shape(block)
    return description.SerializeToString(), counts


def _give_thresholds(block: Any) -> int:
    count = 0
    for op in block.ops:
        if op.type == "relu6" and not any(attribute.name == "threshold" for attribute in op.attrs):
            attribute = op.attrs.add()
            attribute.name, attribute.type, attribute.f = "threshold", _schema().FLOAT, RELU6_THRESHOLD
            count += 1
    return count


def _write_out_products(block: Any) -> int:
    vectors = {var.name for var in block.vars if var.persistable and len(var.type.lod_tensor.tensor.dims) == 1}
    known = {var.name: var for var in block.vars}
    old = list(block.ops)
    del block.ops[:]
    count = 0
    for op in old:
        names = {slot.parameter: slot.arguments[0] for slot in (*op.inputs, *op.outputs) if slot.arguments}
        if op.type != "matmul_v2" or names["Y"] not in vectors:
            block.ops.append(op)
            continue
        products = block.vars.add()
        products.CopyFrom(known[names["X"]])
        products.name = f"{names['Out']}.products"
        _add_op(block, "elementwise_mul", {"X": names["X"], "Y": names["Y"]}, products.name, axis=-1)
        _add_op(block, "reduce_sum", {"X": products.name}, names["Out"], dim=[-1], keep_dim=False, reduce_all=False)
        count += 1
    return count


def _fetch_unscaled(block: Any) -> int:
    fetches = [op for op in block.ops if op.type == "fetch"]
    count = 0
    for op in list(reversed(block.ops)):
        fetched = [fetch for fetch in fetches if _name(fetch.inputs, "X") == _name(op.outputs, "Out")]
        if fetched and op.type == "scale" and _is_identity(op):
            for fetch in fetched:
                fetch.inputs[0].arguments[:] = [_name(op.inputs, "X")]
            block.ops.remove(op)
            count += 1
    return count


def _is_identity(scale: Any) -> bool:
    values = {attribute.name: attribute.f for attribute in scale.attrs}
    return (values["scale"], values["bias"]) == (1.0, 0.0)


def _name(slots: Any, parameter: str) -> str:
    """The first variable of a slot; empty where there is none."""
    return next((slot.arguments[0] for slot in slots if slot.parameter == parameter and slot.arguments), "")


def _rename_unpacked(block: Any, unpacked: Sequence[str]) -> int:
    count = 0
    for op in block.ops:
        if op.type == "conv2d" and _name(op.inputs, "Filter") in unpacked:
            op.type = "depthwise_conv2d"
            count += 1
    return count


def _count_proposals_by_shape(block: Any) -> int:
    old = list(block.ops)
    del block.ops[:]
    count = 0
    for op in old:
        block.ops.append(op)
        number = _name(op.outputs, "RoisNum")
        if op.type != "collect_fpn_proposals" or not number:
            continue
        kept = block.ops[-1]
        for slots, name in ((kept.inputs, "MultiLevelRoIsNum"), (kept.outputs, "RoisNum")):
            _drop_slot(slots, name)
        rois = _name(kept.outputs, "FpnRois")
        shape = block.vars.add()
        shape.CopyFrom(next(var for var in block.vars if var.name == number))
        shape.name = f"{rois}.shape"
        shape.type.lod_tensor.tensor.dims[:] = [2]
        _add_op(block, "shape", {"Input": rois}, shape.name)
        _add_op(block, "slice", {"Input": shape.name}, number, axes=[0], starts=[0], ends=[1], decrease_axis=[])
        count += 1
    return count


def _drop_slot(slots: Any, name: str) -> None:
    for place in [place for place, slot in enumerate(slots) if slot.parameter == name]:
        del slots[place]


def _add_op(block: Any, kind: str, inputs: dict[str, str], out: str, **attributes: bool | int | list[int]) -> None:
    op, schema = block.ops.add(), _schema()
    op.type = kind
    for slots, names in ((op.inputs, inputs), (op.outputs, {"Out": out})):
        for name, variable in names.items():
            slots.add(parameter=name, arguments=[variable])
    for name, value in attributes.items():
        if isinstance(value, bool):
            op.attrs.add(name=name, type=schema.BOOLEAN, b=value)
        elif isinstance(value, int):
            op.attrs.add(name=name, type=schema.INT, i=value)
        else:
            op.attrs.add(name=name, type=schema.INTS, ints=value)


def is_quantised(program_dir: Path) -> bool:
    """Whether the program in a folder has int8 weights or activations."""
    description = _schema().ProgramDesc()
    description.ParseFromString((program_dir / "model.pdmodel").read_bytes())
    return any(op.type == "quantize_linear" for block in description.blocks for op in block.ops)


@cache
def _schema() -> Any:
    """Paddle's `framework_pb2`, loaded by its path: importing Paddle would take seconds and its libraries' symbols."""
    paddle = importlib.util.find_spec("paddle")
    if paddle is None or paddle.origin is None:
        raise ModuleNotFoundError("No module named 'paddle'")
    path = Path(paddle.origin).parent / "base" / "proto" / "framework_pb2.py"
    found = importlib.util.spec_from_file_location("espalier_framework_pb2", path)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module
