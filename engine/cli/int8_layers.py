"""What `sensitivity --int8` does: ranks the convolutions by what int8 does to them, and keeps the worst in float."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from engine.cli.language import say
from engine.cli.output import emit_json, print_table
from engine.contract.project import ProjectFolder
from engine.contract.run.job import Int8ErrorsJob
from engine.contract.sensitivity import LayerError, LayerErrors
from engine.contract.system.files import write_atomically
from engine.contract.text.messages import Argument

SHOWN = 20
PICTURES: int = Int8ErrorsJob.model_fields["pictures"].default


def rank(args: argparse.Namespace, folder: ProjectFolder, target: Path) -> int:
    """Measure, print the table and, if a limit is named, which stay in float; write that as a recipe if wished."""
    from engine.cli.follow import launch_and_follow

    job = Int8ErrorsJob(run=str(target), index=str(folder.index), pictures=args.pictures or PICTURES)
    task = folder.new_task("int8_errors")
    launch_and_follow(job, task, json=args.json)
    result = json.loads((task / "result.json").read_text(encoding="utf-8"))
    found = LayerErrors.model_validate_json(Path(result["file"]).read_text(encoding="utf-8"))
    kept = [] if args.above is None else [layer.layer for layer in found.layers if layer.error > args.above]
    if args.out is not None:
        steps = [{"technique": args.step or "quant_aware", "params": {"keep_float": kept}}]
        write_atomically(args.out, json.dumps({"name": args.out.stem, "steps": steps}, indent=2))
    if args.json:
        layers = [layer.model_dump() for layer in found.layers]
        emit_json({"figures": [], "run": target.name, "pictures": found.pictures, "layers": layers, "keep_float": kept})
        return 0
    shown = found.layers[: max(SHOWN, len(kept))]
    headers: tuple[str, ...] = ("moves outputs by", "convolution", "", "weights")
    rows: list[tuple[str, ...]] = [_row(layer) for layer in shown]
    if args.above is not None:
        limit = f"{100 * args.above:g} %"
        headers = (*headers, f"above {limit}")
        rows = [(*row, "yes" if each.error > args.above else "") for row, each in zip(rows, shown, strict=True)]
    print_table(rows, headers)
    if args.above is not None:
        told: dict[str, Argument] = {"limit": limit, "kept": len(kept), "layers": len(found.layers)}
        recipe = {"path": str(args.out)} if args.out is not None else {}
        code = "int8_errors.kept" if recipe else "int8_errors.above"
        print("\n" + say(code, **told, **recipe))
    return 0


def _row(layer: LayerError) -> tuple[str, ...]:
    return f"{100 * layer.error:.2f} %", layer.layer, _kind(layer), "x".join(map(str, layer.shape))


def _kind(layer: LayerError) -> str:
    return "depthwise" if layer.groups > 1 else f"{layer.shape[2]} x {layer.shape[3]}"
