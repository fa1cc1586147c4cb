"""Turns a model into a Paddle Lite file with its card (facts: sections 1.4 and 1.5)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.contract.figures import LITE, Conditions, Figure
from engine.contract.run.job import Precision, Target
from engine.contract.text.messages import UserError
from engine.detector.base.spec import find_spec
from engine.model.assembly import Model
from engine.recipe.registry import make
from engine.technique.base import Calibration, Context, Phase

ADMITTED: dict[Target, tuple[Precision, ...]] = {
    "arm": ("fp32", "fp16", "int8"),
    "opencl": ("fp32", "fp16"),
    "x86": ("fp32", "int8"),
}


@dataclass(frozen=True)
class Exported:
    """The file that was written, how many convolutions compute in what, and the figures of it."""

    nb: Path
    kernels: dict[str, int]
    figures: list[Figure]


def refuse(model_steps: Sequence[Any], target: Target, precision: Precision) -> None:
    """Raise UserError, with the reason and the remedy, for what cannot be exported."""
    quantised = is_quantised(model_steps)
    if target == "opencl" and (precision == "int8" or quantised):
        raise UserError("export.opencl_int8")
    if precision not in ADMITTED[target]:
        raise UserError("export.x86_fp16")
    if precision == "int8" and not quantised:
        raise UserError("export.not_quantised")
    if precision == "fp16" and quantised:
        raise UserError("export.int8_fp16")
    if precision == "fp32" and quantised:
        raise UserError("export.quantised_fp32")


def refuse_detector(key: str, target: Target) -> None:
    """Raise UserError, with the reason and the remedy, where the detector `key` cannot be converted for the target."""
    if target != "arm" and find_spec(key).family == "rcnn":
        raise UserError("export.two_stage", key=key, target=target)


def is_quantised(steps: Sequence[Any]) -> bool:
    """Whether one of the steps makes the network int8."""
    return any(make(step).phase is Phase.QUANTISE for step in steps)


def save_model(model: Model, program_dir: Path, calibration: Calibration | None) -> Path:
    """Save the model as a Paddle program and let its steps do what they do on that; returns the folder."""
    from engine.detector.network.program import save_program

    save_program(model.network, model.config, program_dir)
    context = Context(model.config, model.choice, calibration, program_dir, model.network)
    for step in model.steps:
        make(step).export(program_dir, context)
    return program_dir


def export_model(
    model: Model,
    *,
    target: Target,
    precision: Precision,
    out: Path,
    calibration: Calibration | None = None,
    check: Callable[[], None] = lambda: None,
) -> Exported:
    """Write `out/model.nb`; raises UserError for what is refused and JobFailed with the optimiser's words."""
    refuse_detector(model.choice.key, target)
    refuse(model.steps, target, precision)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".program-") as scratch:
        program = save_model(model, Path(scratch), calibration)
        check()
        return convert(model, program, target=target, precision=precision, out=out, check=check)


def convert(
    model: Model,
    program: Path,
    *,
    target: Target,
    precision: Precision,
    out: Path,
    check: Callable[[], None] = lambda: None,
) -> Exported:
    """Write `out/model.nb` from the model's saved program; raises JobFailed with the optimiser's words."""
    from engine.lite.kernels import count_precisions
    from engine.lite.opt import optimise

    kernels = optimise(program, out / "model.nb", target=target, precision=precision, check=check)
    figures = [nb_figure(out / "model.nb", model, precision, target)]
    return Exported(out / "model.nb", count_precisions(kernels), figures)


def describe(model: Model, exported: Exported, *, target: Target, precision: Precision, figures: list[Figure]) -> None:
    """Write the card beside the exported file, with figures of the model and its own."""
    from engine.lite.card import write_card

    write_card(
        exported.nb.parent,
        config=model.config,
        classes=model.choice.classes,
        target=target,
        precision=precision,
        kernels=exported.kernels,
        steps=[step.model_dump() for step in model.steps],
        figures=exported.figures + figures,
    )


def nb_figure(nb: Path, model: Model, precision: Precision, target: Target) -> Figure:
    """The size of a `.nb` in bytes, measured."""
    size = model.choice.size
    conditions = Conditions(runtime=LITE, precision=precision, input=f"{size}x{size}", subject=target)
    value = nb.stat().st_size
    return Figure(name="nb_bytes", value=value, unit="bytes", source="measured", conditions=conditions)


def replace_subject(figure: Figure, subject: str) -> Figure:
    """The same figure with another subject."""
    return figure.model_copy(update={"conditions": figure.conditions.model_copy(update={"subject": subject})})
