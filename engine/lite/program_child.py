"""Child for saved Paddle programs: runs, cuts and quantises them in static mode, which a process is in as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engine.detector.base.runtime import prepare
from engine.lite.child.arrays import Array, read_inputs, write_outputs
from engine.lite.child.server import serve
from engine.lite.program.arm_fp16 import fit_to_fp16
from engine.lite.program.calibration import quantise_in_place
from engine.lite.program.heads import head_outputs
from engine.lite.program.packing import packing_errors
from engine.lite.program.x86_int8 import fit_to_x86

prepare()

import paddle  # noqa: E402

paddle.enable_static()
_loaded: dict[str, tuple[Any, list[str], list[Any]]] = {}
_executor = paddle.static.Executor(paddle.CPUPlace())


def load(name: str, path: str) -> dict[str, Any]:
    """Keep the program of the folder `path` ready under `name`; answers with its inputs in order."""
    program, feeds, fetches = paddle.static.load_inference_model(str(Path(path) / "model"), _executor)
    _loaded[name] = (program, feeds, fetches)
    return {"inputs": list(feeds)}


def run(name: str, inputs: str, outputs: str) -> dict[str, Any]:
    """Run a program once on the arrays of the file `inputs`."""
    program, feeds, fetches = _loaded[name]
    arrays = read_inputs(inputs)
    feed = {feed: arrays[feed] for feed in feeds}
    found = _executor.run(program, feed=feed, fetch_list=fetches, return_numpy=False)
    write_outputs(outputs, [_read(tensor) for tensor in found])
    return {}


def cut(program_dir: str, out_dir: str) -> dict[str, Any]:
    """Save the part of a program up to the head's raw outputs, with the picture as only input."""
    program, _, _ = paddle.static.load_inference_model(str(Path(program_dir) / "model"), _executor)
    names = head_outputs(program)
    # Saving gives outputs fixed names, which those of the whole program already have.
    part = program._prune_with_input(["image"], [program.global_block().var(name) for name in names])
    block = part.global_block()
    prefix = str(Path(out_dir) / "model")
    targets = [block.var(name) for name in names]
    paddle.static.save_inference_model(prefix, [block.var("image")], targets, _executor, program=part)
    return {"outputs": names}


def quantise(program_dir: str, batches: list[str], algorithm: str, float_weights: list[str]) -> dict[str, Any]:
    """Quantise a program in place, calibrated on the files `batches`."""
    return quantise_in_place(Path(program_dir), batches, algorithm, float_weights, _executor)


def fit(program_dir: str, kernels: str) -> dict[str, Any]:
    """Fit a program, in place, to ARM's half-precision kernels (`fp16`) or, quantised, to those of `x86`."""
    return {"fixups": fit_to_fp16(Path(program_dir)) if kernels == "fp16" else fit_to_x86(Path(program_dir))}


def weigh(program_dir: str, batches: list[str]) -> dict[str, Any]:
    """What packing each float convolution of a program costs and saves, measured on the files `batches`."""
    return {"errors": packing_errors(Path(program_dir), batches)}


def _read(tensor: Any) -> Array:
    return np.array(tensor)


if __name__ == "__main__":
    serve({"load": load, "run": run, "cut": cut, "quantise": quantise, "fit": fit, "packing_errors": weigh})
