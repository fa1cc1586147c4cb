"""Turns a model into a Paddle Lite file with its card."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.contract.figures import LITE, LITE_X86, PADDLE, Conditions, Figure, FigureName
from engine.contract.refusals import detector_refusal, export_refusal
from engine.contract.run.job import Precision, Target
from engine.contract.system.files import scratch_beside
from engine.contract.text.messages import Argument, JobFailed, Message, UserError
from engine.detector.base.spec import find_spec
from engine.model.assembly import Model
from engine.technique.base import Calibration, Context

if TYPE_CHECKING:
    from engine.lite.agreement import Agreement
    from engine.lite.packing import FloatWeight
    from engine.lite.parity import Parity
    from engine.lite.predictor import Inputs


@dataclass(frozen=True)
class Exported:
    """The file that was written, how many convolutions compute in what, what is packed, and the figures of it."""

    nb: Path
    kernels: dict[str, int]
    packing: list[FloatWeight]
    figures: list[Figure]
    notices: list[Message] = field(default_factory=list)
    """What a person should know of it before it is shipped."""


def refuse(quantised: bool, target: Target, precision: Precision) -> None:
    """Raise UserError, with the reason and the remedy, for what cannot be exported of a network that is int8 or not."""
    _raise(export_refusal(target, precision, quantised))


def refuse_detector(key: str, target: Target) -> None:
    """Raise UserError, with the reason and the remedy, where the detector `key` cannot be converted for the target."""
    _raise(detector_refusal(key, find_spec(key).family, target))


def _raise(refused: Message | None) -> None:
    if refused is not None:
        raise UserError(refused.code, **refused.args)


def save_model(
    model: Model, program_dir: Path, calibration: Calibration | None, *, check: Callable[[], None] = lambda: None
) -> Path:
    """Save the model as a Paddle program and let its steps do what they do on that; returns the folder.

    Raises UserError where a step wants pictures and `calibration` has none.
    """
    from engine.detector.network.program import save_program

    save_program(model.network, model.config, program_dir)
    context = Context(model.config, model.choice, calibration, program_dir, model.network, check)
    for technique in model.stack.techniques:
        technique.export(program_dir, context)
    return program_dir


def save_for_lite(
    model: Model, program_dir: Path, calibration: Calibration | None, *, check: Callable[[], None] = lambda: None
) -> Path:
    """As `save_model`, for a file of Paddle Lite to be made of it.

    Of an int8 model it is chosen which float weights that file holds in 8 bits, if there are pictures.
    """
    from engine.lite.packing import choose_packing

    save_model(model, program_dir, calibration, check=check)
    if model.stack.quantised and calibration is not None:
        choose_packing(program_dir, calibration.batches(), check=check)
    return program_dir


def export_model(
    model: Model,
    *,
    target: Target,
    precision: Precision,
    out: Path,
    calibration: Calibration | None = None,
    pictures: Iterable[Inputs] | None = None,
    names: Sequence[str] = (),
    keep: bool = False,
    check: Callable[[], None] = lambda: None,
) -> Exported:
    """Write `out/model.nb`, and compare a file for x86 with Paddle on `pictures`, if there are any; they have
    `names`.

    Raises UserError for what is refused, JobFailed with the optimiser's words, and where the file finds other boxes
    than Paddle: it is gone then, unless it is to be kept.
    """
    from engine.lite.packing import read_packing
    from engine.lite.parity import compare

    refuse_detector(model.choice.key, target)
    refuse(model.stack.quantised, target, precision)
    check()  # an `out` in a project that is gone by now would make it anew
    out.mkdir(parents=True, exist_ok=True)
    with scratch_beside(out, "program") as scratch:
        program = save_for_lite(model, scratch, calibration, check=check)
        check()
        exported = convert(model, program, target=target, precision=precision, out=out, check=check)
        if target == "x86" and pictures is not None:
            parity, agreement = compare(program, exported.nb, pictures, check=check)
            exported.figures.extend(_figures(parity, precision))
            exported.notices.extend(_judged(parity, agreement, model, exported, precision, names, keep))
        exported.packing.extend(read_packing(program))
    return exported


def _judged(
    parity: Parity,
    agreement: Agreement,
    model: Model,
    exported: Exported,
    precision: Precision,
    names: Sequence[str],
    keep: bool,
) -> list[Message]:
    """What is to be said of the file; raises JobFailed, and removes it, if it finds something else than Paddle."""
    from engine.lite.agreement import in_words
    from engine.lite.parity import require_parity

    kind: Literal["fp32", "int8"] = "int8" if precision == "int8" else "fp32"
    verdict, worst = agreement.verdict, agreement.worst
    args: dict[str, Argument | Message] = {
        "precision": precision,
        "pictures": len(names) or 1 + max((pair.picture for pair in agreement.pairs), default=0),
        "asked": agreement.asked,
        "missing": agreement.asked - len(agreement.alike),
        "strays": len(agreement.strays),
    }
    if worst is not None:
        args["worst"] = in_words(worst, agreement.size, model.choice.classes, names)
    try:
        require_parity(parity, kind)
        if verdict == "differs":
            raise JobFailed("export.differs", **args)
    except JobFailed:
        if not keep:
            exported.nb.unlink()
            raise
    return [Message(code="export.nearly", args=args)] if verdict == "nearly" else []


def _figures(parity: Parity, precision: Precision) -> list[Figure]:
    """The largest differences, as figures."""
    subject = f"{parity.boxes} boxes of both, {parity.unmatched} without a partner"
    runtime = f"{LITE_X86} against {PADDLE}"
    conditions = Conditions(runtime=runtime, precision=precision, subject=subject)
    found: tuple[tuple[FigureName, float, str], ...] = (
        ("parity_box_px", parity.box_px, "px"),
        ("parity_score", parity.score, "score"),
    )
    return [Figure(name=n, value=v, unit=u, source="measured", conditions=conditions) for n, v, u in found]


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
    from engine.lite.opt import optimise
    from engine.lite.optimised import count_precisions

    optimised = optimise(program, out / "model.nb", target=target, precision=precision, check=check)
    figures = [nb_figure(out / "model.nb", model, precision, target)]
    return Exported(out / "model.nb", count_precisions(optimised.operations), [], figures)


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
        packing=exported.packing,
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
