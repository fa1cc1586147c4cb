"""Converts a saved program into Paddle Lite's `.nb`, in a child process."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from engine.contract.run.job import Precision, Target
from engine.contract.system.files import scratch_beside
from engine.contract.text.messages import JobFailed
from engine.lite.child.process import Child
from engine.lite.optimised import HEADER, OptimisedProgram, read_optimised
from engine.lite.packing import read_packing
from engine.lite.program.fixups import is_quantised
from engine.lite.structure import require_sound

PLACES: dict[Target, str] = {"arm": "arm", "opencl": "opencl,arm", "x86": "x86"}


def optimise(
    program_dir: Path,
    out: Path,
    *,
    target: Target,
    precision: Precision,
    check: Callable[[], None] = lambda: None,
) -> OptimisedProgram:
    """Write the program of `program_dir` as `out`, which ends in .nb; returns what Lite made of it.

    int8 comes from the program itself. The weights of convolutions that it computes in float are stored in 8 bits too,
    scaled by output channel, and are float again once the file is loaded, except where `choose_packing` chose otherwise
    for this program. It is first fitted to the kernels of the target. On OpenCL both float precisions are the same
    file: the phone's library chooses when it loads it. Raises JobFailed with the optimiser's words, if it left no file,
    or if what it left cannot run rightly.
    """
    out.parent.mkdir(exist_ok=True)
    unpacked = [one.weight for one in read_packing(program_dir) if not one.packed]
    fp16 = precision == "fp16" and target == "arm"  # with OpenCL the optimiser aborts on it
    with scratch_beside(out.parent, "opt") as scratch:
        stem = scratch / "model"
        if fp16 or target == "x86" and is_quantised(program_dir):
            program_dir = _fitted(program_dir, "fp16" if fp16 else "x86", scratch, check)
        with Child("engine.lite.opt_child", check=check) as child:
            child.ask(
                "optimise",
                program_dir=str(program_dir),
                out=str(stem),
                places=PLACES[target],
                fp16=fp16,
                pack=precision == "int8",
                unpacked=unpacked,
            )
        return _taken(stem.with_suffix(".nb"), out)


def _taken(written: Path, out: Path) -> OptimisedProgram:
    """Look what the optimiser left through, and put it where it belongs."""
    if not written.is_file():
        raise JobFailed("lite.no_model", path=str(out))
    _clear_padding(written)
    optimised = read_optimised(written)
    require_sound(optimised)
    written.replace(out)
    return optimised


def _fitted(program_dir: Path, kernels: Literal["fp16", "x86"], scratch: Path, check: Callable[[], None]) -> Path:
    for name in ("model.pdmodel", "model.pdiparams"):
        shutil.copy(program_dir / name, scratch)
    with Child("engine.lite.program_child", check=check) as child:
        child.ask("fit", program_dir=str(scratch), kernels=kernels)
    return scratch


def _clear_padding(model: Path) -> None:
    """Zero what Lite never wrote behind its version in the header: the same program is then the same file."""
    with model.open("r+b") as stream:
        kind, version, size = HEADER.unpack(stream.read(HEADER.size))
        stream.seek(0)
        stream.write(HEADER.pack(kind, version.split(b"\0")[0], size))


def code_digest() -> str:
    """The SHA-256 of the sources of this folder and below: with others the same program may become another file."""
    hashed = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        hashed.update(source.read_bytes())
    return hashed.hexdigest()
