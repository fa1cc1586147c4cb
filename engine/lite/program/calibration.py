"""Post-training quantisation of a saved program with Paddle's own calibration; runs in a child in static mode."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.detector.base.runtime import prepare
from engine.lite.child.arrays import Array, read_inputs
from engine.lite.program.heads import output_convolutions

prepare()

import paddle  # noqa: E402
from paddle.static.quantization import PostTrainingQuantization  # noqa: E402
from paddle.static.quantization.quant_config import BaseQuantizer  # noqa: E402

QUANTISED = ["conv2d", "depthwise_conv2d"]


class _ConvolutionsAlone(BaseQuantizer):  # type: ignore[misc]  # Paddle is untyped
    """Watches the inputs and outputs of convolutions and nothing else.

    Paddle watches every operation, post-processing too: Lite then chooses the very same kernels, three times later.
    """

    @property
    def observer_operation_types(self) -> list[str]:
        return []


class _Batches(paddle.io.Dataset):  # type: ignore[misc]  # Paddle is untyped
    """Calibration inputs from files, without the batch axis, in the order in which the program is fed."""

    def __init__(self, files: Sequence[str], names: Sequence[str]) -> None:
        self.files = files
        self.names = names

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, number: int) -> list[Array]:
        arrays = read_inputs(self.files[number])
        return [arrays[name][0] for name in self.names]


def quantise_in_place(
    program_dir: Path, batches: list[str], algorithm: str, float_weights: list[str], executor: Any
) -> dict[str, Any]:
    """Give every convolution int8 weights and activations, except the head's outputs and those of `float_weights`."""
    prefix = str(program_dir / "model")
    program, feeds, _ = paddle.static.load_inference_model(prefix, executor)
    skipped = {op.input("Filter")[0] for op in output_convolutions(program)} | set(float_weights)
    variables = [program.global_block().var(name) for name in feeds]
    loader = paddle.io.DataLoader(
        _Batches(batches, feeds),
        feed_list=variables,
        places=[paddle.CPUPlace()],
        batch_size=1,
        return_list=False,
        num_workers=0,
    )
    quantisation = PostTrainingQuantization(
        executor=executor,
        data_loader=loader,
        model_dir=str(program_dir),
        model_filename="model.pdmodel",
        params_filename="model.pdiparams",
        batch_nums=len(batches),
        algo=algorithm,
        onnx_format=True,
        quantizable_op_type=QUANTISED,
        skip_tensor_list=sorted(skipped),
    )
    quantisation.quant_config = _ConvolutionsAlone(quantizable_op_type=QUANTISED)
    quantisation.quantize()
    with tempfile.TemporaryDirectory(dir=program_dir) as scratch:
        quantisation.save_quantized_model(scratch, "model.pdmodel", "model.pdiparams")
        for name in ("model.pdmodel", "model.pdiparams"):
            (Path(scratch) / name).replace(program_dir / name)
    return {"float_weights": sorted(skipped)}
