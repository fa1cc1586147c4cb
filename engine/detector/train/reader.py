"""Training batches: ppdet's transforms, with the randomness of a sample fixed by (seed, epoch, picture).

Batches come from one thread, or from processes (`ahead.py`). Whoever makes them owns the global random states that
ppdet's transforms draw from, so that it shows neither where a run is stopped and resumed nor how many make batches.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.contract.dataset import Picture
from engine.contract.text.messages import JobFailed
from engine.detector.base.runtime import prepare
from engine.detector.predict.pictures import normalise, read_picture
from engine.detector.train.ahead import made_ahead

prepare()

from ppdet.data.transform import batch_operators, operators  # noqa: E402

Sample = dict[str, Any]


class TrainingReader:
    """Batches of an epoch, in an order and with augmentations that depend on (seed, epoch) alone."""

    def __init__(
        self,
        pictures: Sequence[Picture],
        config: Mapping[str, Any],
        *,
        batch_size: int,
        seed: int,
        augment: str,
        processes: int = 0,
    ) -> None:
        """`processes` make the batches; none of them: a thread does."""
        self.processes = processes
        self.pictures = list(pictures)
        self.config = config
        self.batch_size = min(batch_size, len(self.pictures))
        self.seed = seed
        self.part, self.parts = 0, 1
        self.transforms = _augmentations(config, augment) + _finishing(config, augment)
        self.targets = _targets(config)

    def __len__(self) -> int:
        """Batches in one epoch; the last, smaller one is left out, since batch norm wants full ones."""
        return len(self.pictures) // self.batch_size

    def put_first(self, transforms: Sequence[Callable[[Sample], Sample]]) -> None:
        """Change the pictures as they are read, before all else; chance may come from the global states alone."""
        self.transforms[:0] = transforms

    def epoch(self, epoch: int, first: int = 0) -> Iterator[Sample]:
        """The batches of `epoch` from number `first` on, each a dict of arrays."""
        return made_ahead(
            partial(self._made, epoch), [self._own(batch) for batch in self.chosen(epoch)[first:]], self.processes
        )

    def chosen(self, epoch: int) -> list[NDArray[np.int64]]:
        """Which pictures each batch of an epoch has, by their place in `pictures`."""
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.pictures))
        return [order[number * self.batch_size :][: self.batch_size] for number in range(len(self))]

    def _made(self, epoch: int, chosen: NDArray[np.int64]) -> Sample:
        return self.batch([self.sample(self.pictures[place], epoch) for place in chosen])

    def _own(self, batch: NDArray[np.int64]) -> NDArray[np.int64]:
        """Our part of a batch, by rank: the order of samples is the same for any number of them."""
        share = len(batch) // self.parts
        return batch[self.part * share : (self.part + 1) * share]

    def sample(self, picture: Picture, epoch: int, view: int = 0) -> Sample:
        """One augmented picture with its boxes; raises JobFailed with the picture's name if a transform does."""
        state = np.random.SeedSequence([self.seed, epoch, picture.id, view]).generate_state(2)
        random.seed(int(state[0]))
        np.random.seed(int(state[1]))  # noqa: NPY002  # ppdet draws from the global state
        sample = _raw(picture) | {"curr_iter": epoch * len(self)}
        try:
            for transform in self.transforms:
                sample = transform(sample)
            sample["image"] = normalise(sample["image"], self.config)
            return sample
        except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError, RuntimeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise JobFailed("train.picture_failed", path=picture.path, reason=reason[:300]) from error

    def batch(self, samples: list[Sample]) -> Sample:
        """Samples as one batch of arrays with the targets of the detector's loss."""
        for target in self.targets:
            samples = target(samples)
        keys = [key for key in samples[0] if key in _TENSORS or key.startswith("target")]
        return {key: np.stack([sample[key] for sample in samples]) for key in keys}


_TENSORS = {"image", "gt_bbox", "gt_class", "gt_score", "pad_gt_mask", "im_shape", "scale_factor"}


def _augmentations(config: Mapping[str, Any], strength: str) -> list[Any]:
    """ppdet's transforms of shape; `light` leaves out the canvas that shrinks objects, and crops less."""
    if strength == "none":
        return []
    if strength == "light":
        return [operators.RandomCrop(scaling=[0.5, 1.0], aspect_ratio=[0.75, 1.33]), operators.RandomFlip()]
    return [
        operators.RandomExpand(ratio=4.0, fill_value=[255 * mean for mean in config["mean"]]),
        operators.RandomCrop(),
        operators.RandomFlip(),
    ]


MOST_BOXES = 90
"""Boxes of one picture that training looks at, as in ppdet's SSD settings."""


def _hue(degrees: float) -> list[float]:
    """A turn of hues by at most so many degrees, to every second picture, as RandomDistort takes it.

    It multiplies what it draws by pi, so its own -18 to 18 are no degrees but any angle at all: red becomes blue.
    """
    return [-degrees / 180, degrees / 180, 0.5]


def _finishing(config: Mapping[str, Any], strength: str) -> list[Any]:
    """To the network's size, then ppdet's changes of colour: the same there, and far cheaper than on a whole photo."""
    size = config["size"]
    colour = {"brightness": [0.875, 1.125, 0.5], "contrast": [0.8, 1.2, 0.5], "hue": _hue(6)}
    distort = {
        "none": [],
        "light": [operators.RandomDistort(**colour, saturation=[0.8, 1.2, 0.5], random_apply=False)],
        "full": [operators.RandomDistort(hue=_hue(18))],
    }[strength]
    steps = [operators.Resize([size, size], keep_ratio=False, interp=1), *distort]
    if config["family"] == "picodet":
        return steps  # boxes in pixels, as many as there are: `_pad_to_largest` makes them one array
    if config["family"] != "rcnn":  # which compares boxes with anchors in pixels
        steps.append(operators.NormalizeBox())
    if config["family"] == "yolov3":
        steps.append(operators.BboxXYXY2XYWH())
    return [*steps, operators.PadBox(MOST_BOXES)]


def _targets(config: Mapping[str, Any]) -> list[Any]:
    if config["family"] == "picodet":
        return [_pad_to_largest]
    if config["family"] != "yolov3":
        return []
    head = config["head"]
    make = batch_operators.Gt2YoloTarget(
        anchors=head["anchors"],
        anchor_masks=head["anchor_masks"],
        downsample_ratios=head["loss"]["downsample"],
        num_classes=config["num_classes"],
    )
    return [make]


def _pad_to_largest(samples: list[Sample]) -> list[Sample]:
    """Boxes of a batch in arrays of one length, the largest number of a picture or 1, and which of them are real."""
    most = min(MOST_BOXES, max(1, *(len(sample["gt_bbox"]) for sample in samples)))
    for sample in samples:
        count = min(most, len(sample["gt_bbox"]))
        sample["pad_gt_mask"] = (np.arange(most)[:, None] < count).astype(np.float32)
        for name in ("gt_bbox", "gt_class", "gt_score"):
            sample[name] = np.pad(sample[name][:count], ((0, most - count), (0, 0)))
    return samples


def _raw(picture: Picture) -> Sample:
    image = read_picture(picture.path)
    height, width = image.shape[:2]
    kept = [box for box in picture.boxes if not box.crowd]
    boxes = np.array([[b.x1, b.y1, b.x2, b.y2] for b in kept], np.float32).reshape(-1, 4)
    return {
        "image": image,
        "h": float(height),
        "w": float(width),
        "im_shape": np.array([height, width], np.float32),
        "scale_factor": np.array([1.0, 1.0], np.float32),
        "gt_bbox": boxes,
        "gt_class": np.array([[b.class_id] for b in kept], np.int32).reshape(-1, 1),
        "gt_score": np.ones((len(kept), 1), np.float32),
    }
