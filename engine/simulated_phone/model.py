"""The model that a simulated phone is asked to run: the `.nb`, its inputs, and the twin beside it.

The twin of `NAME.nb` is the folder `NAME.nb.twin`: `graph.json` (`Graph.to_json`), from which the time comes, and
`x86.nb` or a Paddle program (model.pdmodel, model.pdiparams), from which the outputs come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.text.messages import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Asked:
    """What the flags say, and where a path of the phone lies here."""

    local: Callable[[str], Path | None]
    flags: Mapping[str, str]

    def file(self, path: str) -> Path:
        """An existing file; raises UserError."""
        found = self.local(path)
        if found is None or not found.is_file():
            raise UserError("simulated.tool_no_file", path=path)
        return found


@dataclass(frozen=True)
class Model:
    """A model that is there, with a twin, and inputs that fit it."""

    twin: Path
    precision: str
    shapes: list[list[int]]
    inputs: list[Path]

    def milliseconds(self, soc_key: str, threads: int) -> float:
        """The estimated time of one picture; raises UserError for what the estimator cannot tell."""
        from engine.latency.estimate import milliseconds, reading

        return milliseconds(reading(self.twin / "graph.json"), soc_key, threads, self.precision)

    def megabytes(self) -> tuple[float, float]:
        """Weights, and weights with what the operation with the largest tensors holds, in MB: counted, not measured."""
        from engine.latency.estimate import reading

        graph = reading(self.twin / "graph.json")
        weights = 4 * sum(prod(shape) for shape in graph.parameters.values())
        held = (
            sum(prod(graph.tensors[name]) for name in {*op.inputs, *op.outputs} if name in graph.tensors)
            for op in graph.ops
        )
        return weights / 1e6, (weights + 4 * max(held, default=0)) / 1e6

    def outputs_text(self) -> str:
        """The output tensors of the twin on those inputs, element by element, as the tool prints them.

        Without input files every element of the inputs is 1, as in the real tool. Raises JobFailed with the child's
        words.
        """
        import numpy as np

        from engine.lite.predictor import Predictor

        lite = self.twin / "x86.nb"
        with Predictor(lite if lite.is_file() else self.twin) as predictor:
            if len(predictor.inputs) != len(self.shapes):
                raise UserError("simulated.tool_inputs", given=len(self.shapes), wanted=len(predictor.inputs))
            arrays = {name: self._array(number) for number, name in enumerate(predictor.inputs)}
            outputs = predictor.run(arrays)
        return "".join(_tensor(number, np.asarray(one)) for number, one in enumerate(outputs))

    def _array(self, number: int) -> NDArray[np.float32]:
        import numpy as np

        shape = self.shapes[number]
        if not self.inputs:
            return np.ones(shape, np.float32)
        return _floats(self.inputs[number]).reshape(shape)


def open_model(asked: Asked, fp16: bool) -> Model:
    """Check what the tool checks before it runs; raises UserError and JobFailed (a file that is no model)."""
    from engine.lite.optimised import count_precisions, read_optimised

    name = asked.flags["optimized_model_file"]
    nb = asked.file(name)
    quantised = count_precisions(read_optimised(nb).operations).get("int8", 0) > 0
    twin = nb.with_name(nb.name + ".twin")
    if not (twin / "graph.json").is_file():
        raise UserError("simulated.tool_no_twin", path=name)
    shapes = _shapes(asked.flags["input_shape"])
    _fits_graph(twin / "graph.json", shapes)
    paths = [path for path in asked.flags["input_data_path"].split(":") if path]
    inputs = [asked.file(path) for path in paths]
    if inputs and len(inputs) != len(shapes):
        raise UserError("simulated.tool_inputs", given=len(inputs), wanted=len(shapes))
    for path, file, shape in zip(paths, inputs, shapes, strict=False):
        if (size := _floats(file).size) != prod(shape):
            raise UserError("simulated.tool_floats", path=path, given=size, wanted=prod(shape))
    return Model(twin, "int8" if quantised else "fp16" if fp16 else "fp32", shapes, inputs)


def _fits_graph(file: Path, shapes: list[list[int]]) -> None:
    from engine.graph.graph import Graph

    try:
        graph = Graph.from_json(file.read_text(encoding="utf-8"))
    except (ValueError, KeyError, TypeError) as error:
        raise UserError("simulated.tool_twin", path=file.name, reason=str(error)[:200]) from error
    picture = [1, 3, *graph.size]
    if picture not in shapes:
        raise UserError("simulated.tool_shape", wanted=",".join(map(str, picture)))


def _shapes(text: str) -> list[list[int]]:
    try:
        return [[int(number) for number in shape.split(",")] for shape in text.split(":")]
    except ValueError:
        raise UserError("simulated.tool_shapes", text=text) from None


def _floats(file: Path) -> NDArray[np.float32]:
    import numpy as np

    try:
        return np.array(file.read_text(encoding="ascii").split(), np.float32)
    except ValueError as error:
        raise UserError("simulated.tool_no_floats", path=file.name) from error


def _tensor(number: int, values: NDArray[np.float32]) -> str:
    shape = " ".join(map(str, values.shape))
    mean = float(values.mean()) if values.size else 0.0
    lines = [
        f"--- output tensor {number} ---",
        f"output shape(NCHW): {shape}",
        f"output tensor {number} elem num: {values.size}",
        f"output tensor {number} mean value: {mean:.6g}",
        *(f"out[{number}][{place}]:{value:.9g}" for place, value in enumerate(values.ravel().tolist())),
    ]
    return "\n".join(lines) + "\n\n"
