"""What a bench pushes: the exports of a run, made once and kept until its checkpoint changes; and their reference."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.contract.recipe import Step
from engine.contract.refusals import TWO_STAGE, bench_refusal, detector_refusal
from engine.contract.run.folder import checkpoint_of
from engine.contract.run.job import Backend, ComparedJob, Precision
from engine.contract.text.messages import Message, UserError
from engine.detector.base.header import read_info
from engine.detector.base.spec import find_spec
from engine.lite.opt import code_digest
from engine.model.assembly import Model, extend, load
from engine.model.export import convert, describe, save_for_lite
from engine.model.measurement import calibration_of, computed_figures
from engine.phone.workspace import digest
from engine.recipe.stack import Stack
from engine.run.context import JobContext
from engine.run.interruption import interruptible
from engine.technique.base import Context

if TYPE_CHECKING:
    from engine.contract.dataset import Picture

QUANTISE_HERE = Step(technique="quant_post")
"""How a float run becomes int8 for a bench."""


@dataclass(frozen=True)
class Export:
    """One model that can be pushed: `folder` has model.nb and its card, `program` the Paddle program of it."""

    precision: Precision
    backend: Backend
    folder: Path
    program: Path
    quantised_here: bool

    @property
    def nb(self) -> Path:
        """The Paddle Lite model."""
        return self.folder / "model.nb"

    @cached_property
    def card(self) -> dict[str, Any]:
        """The model card."""
        found: dict[str, Any] = json.loads((self.folder / "model.json").read_text(encoding="utf-8"))
        return found


class Exports:
    """The exports of a job's run, kept for the same checkpoint, Paddle Lite and code that converts for it.

    Paddle is loaded only when one is missing.
    """

    def __init__(self, job: ComparedJob, context: JobContext) -> None:
        from engine.contract.dataset import Index

        self._run, self._context = Path(job.run), context
        file = checkpoint_of(self._run)
        self.info = read_info(file)
        self.choice = self.info.choice
        self.family = find_spec(self.choice.key).family
        self.quantised = Stack.of_steps(self.choice, self.info.steps).quantised
        name = f"{self._run.name}-{digest(file)[:12]}-{version('paddlelite')}-{code_digest()[:8]}"
        self._root = Path(job.cache) / name
        index = Index.open(Path(job.index))
        self.train = index.pictures("train")
        self.val: list[Picture] = index.pictures("val") or self.train
        if not self.val:
            raise UserError("train.no_pictures", path=job.index, split="val")

    def refusal(self, precision: Precision, backend: Backend, phone_fp16: bool | None, soc: str) -> Message | None:
        """Why this cannot be measured, with the remedy; None if it can."""
        if precision == "int8" and not self.quantised and self.family == TWO_STAGE:
            return Message(code="phone.two_stage_int8")
        refused = detector_refusal(self.choice.key, self.family, backend)
        return refused or bench_refusal(precision, backend, self.quantised, phone_fp16, soc)

    def get(self, precision: Precision, backend: Backend) -> Export:
        """The export, made now if it is missing; raises JobFailed with the optimiser's words."""
        here = precision == "int8" and not self.quantised
        root = self._root / ("quantised-here" if here else "as-trained")
        export = Export(precision, backend, root / f"{backend}-{precision}", root / "program", here)
        if not (export.folder / "model.json").is_file():
            self._context.stage("phone.exporting", precision=precision, backend=backend)
            with self._context.computing(), interruptible(self._context.check_cancelled):
                self._make_program(export)
                whole(export.folder, lambda scratch: self._make(export, scratch), self._context.check_cancelled)
        return export

    def twin(self, export: Export) -> Path:
        """The folder with what a simulated phone computes with in place of the `.nb`: its graph, from which the time
        comes, and the model for this machine, from which the outputs come; of two stages the Paddle program.
        """
        folder = export.program.with_name("twin")
        if not folder.is_dir():
            self._context.stage("phone.exporting_twin")
            with self._context.computing(), interruptible(self._context.check_cancelled):
                whole(folder, lambda scratch: self._make_twin(export, scratch), self._context.check_cancelled)
        return folder

    def _steps(self, precision: Precision) -> Sequence[Step]:
        here = precision == "int8" and not self.quantised
        return (*self.info.steps, QUANTISE_HERE) if here else self.info.steps

    def _model(self, quantised_here: bool) -> Model:
        """The run's model; each call builds anew, for a step changes what it is given."""
        from engine.detector.base.runtime import set_threads

        set_threads(0)
        model, _ = load(self._run)
        if not quantised_here:
            return model
        check, told = self._context.check_cancelled, self._context.counter("convolution")
        context = Context(model.config, model.choice, calibration_of(model, self.train), check=check, told=told)
        return extend(model, [QUANTISE_HERE], context)

    def _make_program(self, export: Export) -> None:
        if export.program.is_dir():
            return
        model, check = self._kept_model(export.quantised_here), self._context.check_cancelled
        pictures = calibration_of(model, self.train)
        whole(export.program, lambda scratch: save_for_lite(model, scratch, pictures, check=check), check)

    def _make(self, export: Export, scratch: Path) -> None:
        model, check = self._kept_model(export.quantised_here), self._context.check_cancelled
        target, precision = export.backend, export.precision
        exported = convert(model, export.program, target=target, precision=precision, out=scratch, check=check)
        describe(model, exported, target=target, precision=precision, figures=computed_figures(model))

    def _make_twin(self, export: Export, scratch: Path) -> None:
        from engine.lite.opt import optimise

        # As a preview counts it: a network that is quantised by training has other layers in place of convolutions.
        model = self._kept_model(export.quantised_here)
        (scratch / "graph.json").write_text(model.stack.graph.to_json(), encoding="utf-8")
        if self.family == "rcnn":
            for name in ("model.pdmodel", "model.pdiparams"):
                shutil.copy(export.program / name, scratch)
            return
        precision: Precision = "int8" if export.precision == "int8" else "fp32"
        check = self._context.check_cancelled
        optimise(export.program, scratch / "x86.nb", target="x86", precision=precision, check=check)

    def _kept_model(self, quantised_here: bool) -> Model:
        return self._float_model if not quantised_here else self._quantised_model

    @cached_property
    def _float_model(self) -> Model:
        return self._model(quantised_here=False)

    @cached_property
    def _quantised_model(self) -> Model:
        return self._model(quantised_here=True)


def whole(folder: Path, make: Callable[[Path], object], check: Callable[[], None]) -> None:
    """Let `make` fill a folder under a temporary name, then rename it into place; whole or not at all."""
    check()  # of a project that is gone by now it would make a half one
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".making-"))
    try:
        make(scratch)
        shutil.rmtree(folder, ignore_errors=True)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
