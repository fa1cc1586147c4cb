"""Converts a saved program into Paddle Lite's `.nb`, in a child process."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from engine.contract.job import Precision, Target
from engine.contract.messages import JobFailed
from engine.lite.child import Child
from engine.lite.kernels import Kernel, read_kernels

PLACES: dict[Target, str] = {"arm": "arm", "opencl": "opencl,arm", "x86": "x86"}


def optimise(
    program_dir: Path,
    out: Path,
    *,
    target: Target,
    precision: Precision,
    check: Callable[[], None] = lambda: None,
) -> list[Kernel]:
    """Write the program of `program_dir` as `out`, which ends in .nb; returns the kernels that Lite chose.

    int8 comes from the program itself. On OpenCL both float precisions are the same file: the phone's library chooses
    when it loads it. Raises JobFailed with the optimiser's words, or if it left no file.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    fp16 = precision == "fp16" and target == "arm"  # with OpenCL the optimiser aborts on it
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".opt-") as scratch:
        stem = Path(scratch) / "model"
        with Child("engine.lite.opt_child", check=check) as child:
            child.ask("optimise", program_dir=str(program_dir), out=str(stem), places=PLACES[target], fp16=fp16)
        written = stem.with_suffix(".nb")
        if not written.is_file():
            raise JobFailed("lite.no_model", path=str(out))
        written.replace(out)
    return read_kernels(out)
