"""Converts a saved program into Paddle Lite's `.nb`, in a child process."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from engine.contract.run.job import Precision, Target
from engine.contract.text.messages import JobFailed
from engine.lite.child.process import Child
from engine.lite.kernels import Kernel, read_kernels
from engine.lite.program.fixups import is_quantised

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

    int8 comes from the program itself; for x86 it is first fitted to that target's kernels. The weights of convolutions
    that it computes in float are stored in 8 bits too, scaled by output channel, and are float again once the file is
    loaded: in SSDLite for 80 classes they would be half of the file. On OpenCL both float precisions are the same file:
    the phone's library chooses when it loads it. Raises JobFailed with the optimiser's words, or if it left no file.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    fp16 = precision == "fp16" and target == "arm"  # with OpenCL the optimiser aborts on it
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".opt-") as scratch:
        stem = Path(scratch) / "model"
        if target == "x86" and is_quantised(program_dir):
            program_dir = _fitted_to_x86(program_dir, Path(scratch), check)
        with Child("engine.lite.opt_child", check=check) as child:
            child.ask(
                "optimise",
                program_dir=str(program_dir),
                out=str(stem),
                places=PLACES[target],
                fp16=fp16,
                pack=precision == "int8",
            )
        written = stem.with_suffix(".nb")
        if not written.is_file():
            raise JobFailed("lite.no_model", path=str(out))
        written.replace(out)
    return read_kernels(out)


def _fitted_to_x86(program_dir: Path, scratch: Path, check: Callable[[], None]) -> Path:
    for name in ("model.pdmodel", "model.pdiparams"):
        shutil.copy(program_dir / name, scratch)
    with Child("engine.lite.program_child", check=check) as child:
        child.ask("fit", program_dir=str(scratch))
    return scratch


def code_digest() -> str:
    """The SHA-256 of the sources of this folder and below: with others the same program may become another file."""
    hashed = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        hashed.update(source.read_bytes())
    return hashed.hexdigest()
