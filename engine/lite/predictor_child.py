"""Child of `predictor` and `latency`: runs `.nb` models on this machine's processor, which may abort."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from paddlelite.lite import MobileConfig, create_paddle_predictor

from engine.contract.system.processes import thread_count
from engine.lite.child.arrays import Array, read_inputs, write_outputs
from engine.lite.child.server import serve

_models: dict[str, Any] = {}


def load(name: str, path: str) -> dict[str, Any]:
    """Keep a model ready under `name`; answers with its inputs in order."""
    config = MobileConfig()
    config.set_model_from_file(path)
    _models[name] = create_paddle_predictor(config)
    return {"inputs": list(_models[name].get_input_names())}


def run(name: str, inputs: str, outputs: str) -> dict[str, Any]:
    """Run a model once on the arrays of the file `inputs`."""
    model = _models[name]
    _feed(model, read_inputs(inputs))
    model.run()
    write_outputs(outputs, [_read(model.get_output(i)) for i in range(len(model.get_output_names()))])
    return {}


def measure(inputs: str, warm_up: int, repeats: int, seconds: float) -> dict[str, Any]:
    """Milliseconds of each run of every model, in turns, so that what slows one down slows all down.

    Stops early after `seconds`, with at least one run each. `threads` counts the threads of this process.
    """
    arrays = read_inputs(inputs)
    for model in _models.values():
        for _ in range(warm_up):
            _feed(model, arrays)
            model.run()
    times: dict[str, list[float]] = {name: [] for name in _models}
    began = time.perf_counter()
    for _ in range(repeats):
        for name, model in _models.items():
            _feed(model, arrays)
            start = time.perf_counter()
            model.run()
            times[name].append(1e3 * (time.perf_counter() - start))
        if time.perf_counter() - began > seconds:
            break
    return {"times": times, "threads": thread_count()}


def _feed(model: Any, arrays: dict[str, Array]) -> None:
    for number, name in enumerate(model.get_input_names()):
        model.get_input(number).from_numpy(np.ascontiguousarray(arrays[name]))


def _read(tensor: Any) -> Array:
    if 0 in tensor.shape():
        return np.zeros(tensor.shape(), np.float32)
    return np.array(tensor.numpy())


if __name__ == "__main__":
    serve({"load": load, "run": run, "measure": measure})
