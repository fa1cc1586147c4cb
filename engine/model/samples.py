"""The very samples that training would make of a picture, epoch by epoch, as files to look at with their boxes."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from engine.contract.dataset import Index, Picture
from engine.contract.project import DetectorChoice, ProjectFolder
from engine.contract.recipe import Step
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import UserError
from engine.recipe.registry import make
from engine.recipe.stack import Stack
from engine.technique.base import Context, Technique, Transform

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.detector.train.reader import Sample, TrainingReader

KEPT = 48
"""Files of samples that are left for who asked; older ones go."""
Boxes = list[dict[str, Any]]


class SampleRequest(BaseModel):
    """What training by `settings` and `steps` would show of the picture `picture` in `count` epochs from `epoch` on.

    `picture` is the path of a picture of the project's index, of any split. Of the steps those that change pictures
    act; epochs count from 0, as in training.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    project: str
    picture: str
    detector: DetectorChoice
    settings: TrainSettings = TrainSettings()
    steps: tuple[Step, ...] = ()
    epoch: int = Field(default=0, ge=0)
    count: int = Field(default=1, ge=1, le=24)


@dataclass
class _Known:
    """A reader by the same settings and steps, as long as the same is asked."""

    key: str
    reader: TrainingReader


class SampleMaker:
    """Makes samples; the files lie in a folder that goes when it is closed."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files: OrderedDict[Path, None] = OrderedDict()
        self._made = 0
        self._known: _Known | None = None

    def __call__(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Each sample as {"epoch", "file", "width", "height", "boxes"}; boxes as those that a run finds, score 1.

        Raises UserError for a picture that the project has not, and for steps that cannot act on the detector;
        JobFailed for a picture that a transform cannot take.
        """
        asked = SampleRequest.model_validate(request)
        with Index.open(ProjectFolder(Path(asked.project)).index) as index:
            picture, trained = index.picture_at(asked.picture), index.picture_count("train")
        if picture is None:
            raise UserError("sample.picture_unknown", path=asked.picture, project=asked.project)
        reader = self._ready(asked, picture, trained)
        samples = []
        for epoch in range(asked.epoch, asked.epoch + asked.count):
            sample = reader.sample(picture, epoch)
            image, boxes = seen(sample, reader, asked.detector.classes)
            height, width = image.shape[:2]
            samples.append(
                {"epoch": epoch, "file": self._write(image), "width": width, "height": height, "boxes": boxes}
            )
        return {"samples": samples}

    def close(self) -> None:
        """Delete the files."""
        if self._folder is not None:
            self._folder.cleanup()
        self._folder, self._known = None, None
        self._files.clear()

    def _ready(self, asked: SampleRequest, picture: Picture, trained: int) -> TrainingReader:
        key = f"{trained} {asked.model_dump_json(exclude={'picture', 'epoch', 'count'})}"
        if self._known is None or self._known.key != key:
            self._known = _Known(key, _reader(asked, picture, trained))
        return self._known.reader

    def _write(self, image: NDArray[np.uint8]) -> str:
        from engine.detector.predict.drawing import write_picture

        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="espalier-samples-")
        self._made += 1
        path = Path(self._folder.name) / f"{self._made:06d}.png"
        write_picture(path, image)
        self._files[path] = None
        while len(self._files) > KEPT:
            self._files.popitem(last=False)[0].unlink(missing_ok=True)
        return str(path)


def augmenting(steps: Sequence[Step]) -> list[Technique]:
    """The techniques of the steps that change pictures; raises UserError for a step that there is not."""
    made = [make(step) for step in steps if step.enabled]
    return [technique for technique in made if type(technique).augment is not Technique.augment]


def _reader(asked: SampleRequest, picture: Picture, trained: int) -> TrainingReader:
    """The reader as the job `train` makes it; of its pictures it matters how many there are, not which."""
    from engine.detector.train.reader import TrainingReader

    if not trained:
        raise UserError("train.no_pictures", path=asked.project, split="train")
    config = Stack.of_steps(asked.detector, ()).config()
    settings = asked.settings
    reader = TrainingReader(
        [picture] * trained, config, batch_size=settings.batch_size, seed=settings.seed, augment=settings.augment
    )
    hooks, steps = Context(config, asked.detector), settings.epochs * len(reader)
    changes: list[Transform] = [
        change for technique in augmenting(asked.steps) for change in technique.augment(hooks, steps)
    ]
    reader.put_first(changes)
    return reader


def seen(sample: Sample, reader: TrainingReader, classes: Sequence[str]) -> tuple[NDArray[np.uint8], Boxes]:
    """A sample as a person sees it: RGB bytes, and boxes in their pixels instead of the form that the loss wants."""
    import numpy as np

    config = reader.config
    mean, std = np.array(config["mean"], np.float32), np.array(config["std"], np.float32)
    pixels = sample["image"].transpose(1, 2, 0) * std + mean
    image = np.clip(np.rint(pixels * 255), 0, 255).astype(np.uint8)
    steps = {type(transform).__name__ for transform in reader.transforms}
    boxes = np.asarray(sample["gt_bbox"], np.float32).reshape(-1, 4)
    if "BboxXYXY2XYWH" in steps:
        half = boxes[:, 2:] / 2
        boxes = np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)
    if "NormalizeBox" in steps:
        height, width = image.shape[:2]
        boxes = boxes * np.array([width, height, width, height], np.float32)
    real = np.asarray(sample["gt_score"], np.float32).reshape(-1) > 0  # the rest only fills the array
    kinds = np.asarray(sample["gt_class"]).reshape(-1)
    return image, [
        {"class": classes[int(kind)], "score": 1.0, "box": [float(edge) for edge in box]}
        for box, kind in zip(boxes[real], kinds[real], strict=True)
    ]
