"""Child of `opt`: runs Paddle Lite's optimiser, which aborts on whatever it cannot convert."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from paddlelite.lite import Opt

from engine.lite.child.server import serve
from engine.lite.program.fixups import fix_program


def optimise(program_dir: str, out: str, places: str, fp16: bool, pack: bool, unpacked: list[str]) -> dict[str, Any]:
    """Convert `model.pdmodel` and `model.pdiparams` into `out`.nb.

    `pack` keeps float weights as 8-bit numbers, but for those called `unpacked`.
    """
    folder = Path(program_dir)
    fixed, counts = fix_program((folder / "model.pdmodel").read_bytes(), pack=pack, unpacked=unpacked)
    with tempfile.TemporaryDirectory() as scratch:
        program = Path(scratch) / "model.pdmodel"
        program.write_bytes(fixed)
        opt = Opt()
        opt.set_model_file(str(program))
        opt.set_param_file(str(folder / "model.pdiparams"))
        if fp16:
            opt.enable_fp16()  # before the places: afterwards it is ignored without a word
        if pack:
            opt.set_quant_model(True)
            opt.set_quant_type("QUANT_INT8")
        opt.set_valid_places(places)
        opt.set_model_type("naive_buffer")
        opt.set_optimize_out(out)
        opt.run()
    return {"fixups": counts}


if __name__ == "__main__":
    serve({"optimise": optimise})
