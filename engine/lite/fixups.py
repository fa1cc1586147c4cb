"""Mends saved Paddle 2.6 programs for Paddle Lite 2.13; works on a program's bytes and imports no Paddle."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import Any

RELU6_THRESHOLD = 6.0


def fix_program(program: bytes) -> tuple[bytes, dict[str, int]]:
    """The program (a serialised ProgramDesc) with everything mended, and how often each thing was.

    Paddle 2.5 dropped relu6's attribute `threshold`, without which Lite's optimiser aborts.
    """
    schema = _schema()
    description = schema.ProgramDesc()
    description.ParseFromString(program)
    count = 0
    for block in description.blocks:
        for op in block.ops:
            if op.type == "relu6" and not any(attribute.name == "threshold" for attribute in op.attrs):
                attribute = op.attrs.add()
                attribute.name, attribute.type, attribute.f = "threshold", schema.FLOAT, RELU6_THRESHOLD
                count += 1
    return description.SerializeToString(), {"relu6_threshold": count}


def is_quantised(program_dir: Path) -> bool:
    """Whether the program in a folder has int8 weights or activations."""
    description = _schema().ProgramDesc()
    description.ParseFromString((program_dir / "model.pdmodel").read_bytes())
    return any(op.type == "quantize_linear" for block in description.blocks for op in block.ops)


def has_product(program: bytes) -> bool:
    """Whether a program (a serialised ProgramDesc) multiplies matrices."""
    description = _schema().ProgramDesc()
    description.ParseFromString(program)
    return any(op.type in ("matmul", "matmul_v2", "mul") for block in description.blocks for op in block.ops)


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
