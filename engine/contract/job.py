"""What one worker is asked: the content of `job.json` in a run folder."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from engine.contract.project import DetectorChoice
from engine.contract.recipe import Step

Target = Literal["arm", "opencl", "x86"]
Precision = Literal["fp32", "fp16", "int8"]
Split = Literal["train", "val", "test"]
Runtime = Literal["paddle", "lite"]
DataFormat = Literal["voc", "coco", "yolo"]
SAMPLE = "sample"
"""What stands for the built-in sample in place of a folder."""


class _Job(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1


class TrainSettings(BaseModel):
    """How long and how hard to train; `threads` per process, `learning_rate` at the top of the schedule."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(default=20, ge=0, le=10000, description="Passes over the training pictures")
    batch_size: int = Field(default=8, ge=1, le=512, description="Pictures in one optimiser step")
    learning_rate: float = Field(default=1e-3, gt=0, le=10, description="Rate at the top of the schedule")
    optimizer: Literal["adam", "momentum"] = Field(default="adam", description="Rule that moves the weights")
    weight_decay: float = Field(default=5e-4, ge=0, le=1, description="L2 decay of convolution weights")
    seed: int = Field(default=0, ge=0, description="Seed of all randomness")
    evaluate_every: int = Field(default=1, ge=0, description="Epochs between evaluations on val; 0 for none")
    stop_after: int = Field(default=0, ge=0, description="Evaluations without a better mAP that end it; 0 for never")
    checkpoint_every: int = Field(default=200, ge=1, description="Optimiser steps between checkpoints")
    threads: int = Field(default=0, ge=0, description="Threads of the numeric library; 0 for all cores")
    augment: Literal["none", "light", "full"] = Field(
        default="light",
        description="Random changes of training pictures; light suits small inputs and short runs, full is ppdet's",
    )
    ema: float = Field(default=0.0, ge=0, lt=1, description="Decay of the averaged weights; 0 for none")


class TrainJob(_Job):
    """Build, load `start`, apply `steps`, train, evaluate.

    `start` is a run folder, a checkpoint or a weights file; None trains from scratch. `teacher` is a run folder.
    `alongside` are steps that an earlier run of the same recipe recorded and that act while training here too: its
    schedule and its teaching.
    """

    kind: Literal["train"] = "train"
    choice: DetectorChoice
    index: str
    start: str | None = None
    teacher: str | None = None
    steps: tuple[Step, ...] = ()
    alongside: tuple[Step, ...] = ()
    settings: TrainSettings = TrainSettings()
    limit: int = Field(default=0, ge=0, description="Use only so many pictures of each split; 0 for all")


class ProjectJob(_Job):
    """A new project in `dir`: the data of `source`, a folder or `SAMPLE`, is checked and imported, not copied.

    `data_format` and `classes` are found out when not given; `split` has the shares of train, val and test, and is the
    data's own when not given; `fix` mends in the index what can be mended; `size` in pixels, the detector's default
    when not given. Paths are absolute.
    """

    kind: Literal["project"] = "project"
    dir: str
    source: str
    data_format: DataFormat | None = None
    split: tuple[float, float, float] | None = None
    classes: tuple[str, ...] | None = None
    fix: bool = False
    detector: str
    size: int | None = None
    fit_anchors: bool = False


class EvaluateJob(_Job):
    """The COCO figures of a run on one split."""

    kind: Literal["evaluate"] = "evaluate"
    run: str
    index: str
    split: Split = "val"
    runtime: Runtime = "paddle"
    limit: int = 0


class PredictJob(_Job):
    """Boxes on pictures, drawn and as JSON, into `out`."""

    kind: Literal["predict"] = "predict"
    run: str
    pictures: tuple[str, ...]
    out: str
    threshold: float = 0.5


class ExportJob(_Job):
    """A Paddle Lite model: of a run, or of an untrained detector under `steps`."""

    kind: Literal["export"] = "export"
    run: str | None = None
    choice: DetectorChoice | None = None
    steps: tuple[Step, ...] = ()
    index: str | None = None
    target: Target
    precision: Precision
    out: str


class HostJob(_Job):
    """What runs cost on this machine, side by side in Paddle Lite x86; int8 runs in int8, the others in fp32."""

    kind: Literal["host"] = "host"
    runs: tuple[str, ...]
    index: str


Job = Annotated[
    ProjectJob | TrainJob | EvaluateJob | PredictJob | ExportJob | HostJob, Field(discriminator="kind")
]
_adapter: TypeAdapter[Job] = TypeAdapter(Job)


def parse_job(text: str) -> Job:
    """The job in `job.json`'s text; raises pydantic.ValidationError."""
    return _adapter.validate_json(text)
