"""What one worker is asked: the content of `job.json` in a run folder."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from engine.contract.device.choice import AUTO, DeviceName
from engine.contract.fit.job import FitJob
from engine.contract.project import DetectorChoice
from engine.contract.recipe import Recipe, Step
from engine.contract.run.settings import TrainSettings

Target = Literal["arm", "opencl", "x86"]
Precision = Literal["fp32", "fp16", "int8"]
Backend = Literal["arm", "opencl"]
Split = Literal["train", "val", "test"]
Runtime = Literal["paddle", "lite"]
DataFormat = Literal["voc", "coco", "yolo", "cvat", "labelme", "createml"]
ExifFrame = Literal["turned", "stored"]
"""What boxes were drawn on where pictures are turned by EXIF: the turned picture, or its stored pixels."""
SAMPLE = "sample"
"""What stands for the built-in sample in place of a folder."""


class _Job(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: int = 1


class RecipePart(BaseModel):
    """Whose work a run is: `task` is the name of the folder of a recipe's job, `number` counts its runs from 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    number: int = Field(ge=1)


class TrainJob(_Job):
    """Build, load `start`, apply `steps`, train, evaluate.

    `start` is a run folder, a checkpoint, a weights file or the address of one, which is downloaded; None trains from
    scratch. `start_sha256` is what a weights file must have. `teacher` is a run folder.
    `alongside` are steps that act while training here without being recorded: what an earlier run of the same recipe
    recorded of changes of pictures, schedule and teaching, and the schedule of a recovery whose recipe has none. `part`
    is None for a run that no recipe made.
    `watched` are val pictures by digest that are looked at again after each evaluation; a few are chosen if none is.
    """

    kind: Literal["train"] = "train"
    choice: DetectorChoice
    index: str
    start: str | None = None
    start_sha256: str | None = None
    teacher: str | None = None
    steps: tuple[Step, ...] = ()
    alongside: tuple[Step, ...] = ()
    settings: TrainSettings = TrainSettings()
    limit: int = Field(default=0, ge=0, description="Use only so many pictures of each split; 0 for all")
    part: RecipePart | None = None
    watched: tuple[str, ...] = ()


class RecipeJob(_Job):
    """Apply `recipe` to the run `start`: a run of the project for each job of the plan, each from the one before.

    `start` and `teacher` are run folders. Without a `start` it is the run that a recipe most likely is for, without a
    `teacher` the start teaches. `settings` are what every training goes by, those of the start if not given; length and
    rate follow from the recipe, the length is `epochs` where that is given. `fixed` names the settings that a person
    set, which a recovery leaves as they are; all if not given. `limit` and `watched` as in TrainJob.
    """

    kind: Literal["recipe"] = "recipe"
    project: str
    recipe: Recipe
    start: str | None = None
    teacher: str | None = None
    epochs: int | None = Field(default=None, ge=0)
    settings: TrainSettings | None = None
    fixed: tuple[str, ...] | None = None
    limit: int = Field(default=0, ge=0)
    watched: tuple[str, ...] = ()


class ProjectJob(_Job):
    """A new project in `dir`: the data of `source`, a folder or `SAMPLE`, is checked and imported, not copied.

    `data_format` and `classes` are found out when not given; `split` has the shares of train, val and test, and is the
    data's own when not given; `fix` mends in the index what can be mended; `exif` says what boxes were drawn on where
    neither sizes nor boxes tell, the turned picture if not given, and "ask" stops there; `size` in pixels, the
    detector's default when not given. Paths are absolute.
    """

    kind: Literal["project"] = "project"
    dir: str
    source: str
    data_format: DataFormat | None = None
    split: tuple[float, float, float] | None = None
    classes: tuple[str, ...] | None = None
    fix: bool = False
    exif: ExifFrame | Literal["ask"] | None = None
    detector: str
    size: int | None = None
    fit_anchors: bool = False


class SyncJob(_Job):
    """Bring a project's index up to what its source holds now, and to the labels corrected in the project.

    Pictures keep their split, new ones are dealt out as the import dealt. `look` tells what would change and writes
    nothing. `fix` mends from now on what can be mended, and `exif` says from now on what boxes were drawn on where
    nothing tells; None goes on as the import was asked. `source` is where the data lies from now on, an absolute path,
    if not where it was.
    """

    kind: Literal["sync"] = "sync"
    project: str
    look: bool = False
    fix: bool | None = None
    source: str | None = None
    exif: ExifFrame | None = None


class EvaluateJob(_Job):
    """The COCO figures of a run on one split."""

    kind: Literal["evaluate"] = "evaluate"
    run: str
    index: str
    split: Split = "val"
    runtime: Runtime = "paddle"
    limit: int = 0
    device: DeviceName = AUTO


class PredictJob(_Job):
    """Boxes on pictures, drawn and as JSON, into `out`."""

    kind: Literal["predict"] = "predict"
    run: str
    pictures: tuple[str, ...]
    out: str
    threshold: float = 0.5
    device: DeviceName = AUTO


class ExportJob(_Job):
    """A Paddle Lite model: of a run, or of an untrained detector under `steps`.

    A file for x86 that finds other boxes than Paddle fails, and is left only if `keep`.
    """

    kind: Literal["export"] = "export"
    run: str | None = None
    choice: DetectorChoice | None = None
    steps: tuple[Step, ...] = ()
    index: str | None = None
    target: Target
    precision: Precision
    out: str
    keep: bool = False


class HostJob(_Job):
    """What runs cost on this machine, side by side in Paddle Lite x86; int8 runs in int8, the others in fp32."""

    kind: Literal["host"] = "host"
    runs: tuple[str, ...]
    index: str


class SensitivityJob(_Job):
    """What cutting each channel group alone loses, on the first `pictures` of a split; 0 for all.

    `groups` are all when none is named. Several jobs share the work: each takes every `parts`-th group from `part` on.
    """

    kind: Literal["sensitivity"] = "sensitivity"
    run: str
    index: str
    criterion: Literal["fpgm", "l1", "obs"] = "obs"
    ratios: tuple[Annotated[float, Field(gt=0, le=0.9)], ...] = (0.25, 0.5, 0.75, 0.875)
    split: Split = "val"
    pictures: int = Field(default=0, ge=0)
    groups: tuple[str, ...] = ()
    part: int = Field(default=0, ge=0)
    parts: int = Field(default=1, ge=1)
    threads: int = Field(default=0, ge=0)


class SaliencyJob(_Job):
    """How much the loss would rise without each channel, by one backward pass over `pictures` of train; fewer if so."""

    kind: Literal["saliency"] = "saliency"
    run: str
    index: str
    pictures: int = Field(default=200, ge=1, le=100000)


class Int8ErrorsJob(_Job):
    """How far the head's outputs move when one convolution alone is int8, on the first `pictures` of train."""

    kind: Literal["int8_errors"] = "int8_errors"
    run: str
    index: str
    pictures: int = Field(default=16, ge=1, le=1000)


class ClippingJob(_Job):
    """What a quantising step would clip of a run's network, calibrated as the step is."""

    kind: Literal["clipping"] = "clipping"
    run: str
    index: str
    step: Step


class BenchLimits(BaseModel):
    """Seconds after which a phone that does not answer is given up.

    `command_s` for what a phone answers at once, `run_s` for one short process of the tool beyond what the model needs
    by its first inference, `push_s` for one file; `pulse_s` between two looks whether the phone still answers while it
    works, so that one which falls silent is noticed in less than 5 s whatever it does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    command_s: float = Field(default=4.0, gt=0, le=600)
    push_s: float = Field(default=600.0, gt=0, le=7200)
    run_s: float = Field(default=120.0, gt=0, le=7200)
    pulse_s: float = Field(default=1.5, gt=0, le=60)


class ComparedJob(_Job):
    """Export a run in `precisions` and compare each, where the tool runs it, with this machine.

    `parity_pictures` of val are compared box by box, on `map_pictures` of it the mAP is measured (0: not). `tool` is
    the path of a benchmark_bin for that place and `libs` the folder of its libraries; None takes the one that is
    remembered. `cache` keeps the exports.
    """

    run: str
    index: str
    cache: str
    precisions: tuple[Precision, ...] = Field(default=("fp32", "fp16", "int8"), min_length=1)
    tool: str | None = None
    libs: str | None = None
    parity_pictures: int = Field(default=3, ge=0, le=100)
    map_pictures: int = Field(default=0, ge=0, le=100000)


class BenchJob(ComparedJob):
    """Measure a run on a phone: `precisions` x `backends` x `threads`, each in `processes` short processes.

    A process makes `warmup` inferences that do not count and `repeats` that do, then the phone rests `pause_s`. For
    `sustained_min` minutes the fastest row is repeated (0: not). A simulated phone has a tool of its own. `base` is a
    run folder whose bench on the same phone is compared with.
    """

    kind: Literal["bench"] = "bench"
    serial: str
    backends: tuple[Backend, ...] = Field(default=("arm",), min_length=1)
    threads: tuple[Annotated[int, Field(ge=1, le=16)], ...] = Field(default=(1, 2, 4), min_length=1)
    processes: int = Field(default=5, ge=1, le=100)
    warmup: int = Field(default=10, ge=0, le=10000)
    repeats: int = Field(default=20, ge=1, le=10000)
    pause_s: float = Field(default=2.0, ge=0, le=600)
    sustained_min: float = Field(default=0.0, ge=0, le=240)
    base: str | None = None
    limits: BenchLimits = BenchLimits()


class EmulateJob(ComparedJob):
    """Compare a run's exports for ARM with this machine under emulation: no phone, and no times.

    `tool` is a benchmark_bin for Linux on aarch64; one picture may take it `limit_s`.
    """

    kind: Literal["emulate"] = "emulate"
    parity_pictures: int = Field(default=3, ge=1, le=100)
    limit_s: float = Field(default=1800.0, gt=0, le=86400)


_OfARun = EvaluateJob | PredictJob | ExportJob | HostJob | BenchJob | EmulateJob
_Measuring = SensitivityJob | SaliencyJob | Int8ErrorsJob | ClippingJob
Job = Annotated[
    ProjectJob | SyncJob | TrainJob | RecipeJob | FitJob | _OfARun | _Measuring,
    Field(discriminator="kind"),
]
_adapter: TypeAdapter[Job] = TypeAdapter(Job)


def parse_job(text: str) -> Job:
    """The job in `job.json`'s text; raises pydantic.ValidationError."""
    return _adapter.validate_json(text)
