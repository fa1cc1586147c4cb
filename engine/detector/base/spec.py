"""Detector files: `resources/detectors/*.yml` read, checked, and made concrete for a size and a class list."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from engine.contract.project import DetectorChoice
from engine.contract.published import PublishedFigure
from engine.contract.text.messages import UserError
from engine.contract.text.resources import DETECTORS

Config = dict[str, Any]


class Sizes(BaseModel):
    """Which input sizes, in pixels of a square, a detector takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: int
    min: int
    max: int
    multiple: int


class Normalisation(BaseModel):
    """Per-channel mean and standard deviation of RGB pixels scaled to 0..1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


class DetectorSpec(BaseModel):
    """One detector file; `architecture` is what the build reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    title: str
    summary: dict[str, str]
    family: str
    sizes: Sizes
    input: Normalisation
    published: tuple[PublishedFigure, ...] = ()
    architecture: Config


@cache
def detector_specs() -> dict[str, DetectorSpec]:
    """Every detector file by its key (the file's name)."""
    return {path.stem: _read(path) for path in sorted(DETECTORS.glob("*.yml"))}


def find_spec(key: str) -> DetectorSpec:
    """The detector called `key`; raises UserError that lists the known ones."""
    specs = detector_specs()
    if key not in specs:
        raise UserError("detector.unknown", key=key, known=", ".join(specs))
    return specs[key]


def resolve(choice: DetectorChoice) -> Config:
    """The configuration to build: the file's architecture with size, classes and anchors put in.

    A fresh deep copy each time: ppdet's anchor generator writes into the lists that it is given.
    """
    spec = find_spec(choice.key)
    check_size(spec, choice.size)
    config = copy.deepcopy(spec.architecture)
    config |= {
        "family": spec.family,
        "size": choice.size,
        "num_classes": len(choice.classes),
        "mean": list(spec.input.mean),
        "std": list(spec.input.std),
    }
    if spec.family == "ssd":
        _fit_priors_to_size(config["head"], choice.size)
    elif spec.family == "rcnn":
        # Published are 16 px at 320 and 24 px at 640.
        config["rpn"]["anchor_start"] = 8 + choice.size / 40
    elif spec.family == "picodet":
        _fit_assigner_to_size(config["head"], choice.size)
    if choice.anchors is not None:
        _replace_anchors(config["head"], choice)
    return config


def program_inputs(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The inputs of a detector's saved program in the order in which Paddle Lite asks for them, which is alphabetical.

    PicoDet's boxes are in pixels of the input from the start, so that its program does not ask for that size.
    """
    if config["family"] == "picodet":
        return ("image", "scale_factor")
    return ("im_shape", "image", "scale_factor")


def check_size(spec: DetectorSpec, size: int) -> None:
    """Refuse an input size that the detector's file does not admit."""
    sizes = spec.sizes
    if not sizes.min <= size <= sizes.max or size % sizes.multiple:
        below = max(sizes.min, min(sizes.max, size // sizes.multiple * sizes.multiple))
        raise UserError(
            "detector.size",
            size=size,
            key=spec.key,
            min=sizes.min,
            max=sizes.max,
            multiple=sizes.multiple,
            nearest=below,
        )


def _fit_priors_to_size(head: Config, size: int) -> None:
    generator = head["anchor_generator"]
    generator["base_size"] = size
    if "strides" in head:
        # A map's step is the distance between its cells, which rounding up at each halving makes uneven.
        generator["steps"] = [round(size / math.ceil(size / stride)) for stride in head.pop("strides")]
    else:
        generator["steps"] = [0] * len(generator["aspect_ratios"])  # Paddle then divides the picture by the map
    # Without shares of the picture the generator makes sizes of its ratios, in lists that it fills in place.
    generator["min_sizes"] = [share * size for share in generator.pop("min_shares", ())]
    shares = generator.pop("max_shares", ())
    generator["max_sizes"] = [[] if share is None else share * size for share in shares]


def _fit_assigner_to_size(head: Config, size: int) -> None:
    # ppdet looks for as many candidates on each map, and fails where the smallest has fewer cells.
    cells = math.ceil(size / max(head["fpn_stride"])) ** 2
    head["static_assigner"]["topk"] = min(head["static_assigner"]["topk"], cells)


def _replace_anchors(head: Config, choice: DetectorChoice) -> None:
    if "anchors" not in head:
        raise UserError("detector.no_anchors", key=choice.key)
    wanted = len(head["anchors"])
    anchors = [list(pair) for pair in choice.anchors or ()]
    if len(anchors) != wanted:
        raise UserError("detector.anchor_count", key=choice.key, count=len(anchors), wanted=wanted)
    head["anchors"] = anchors


def _read(path: Path) -> DetectorSpec:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    body = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506  # a safe loader, the fast one
    return DetectorSpec(key=path.stem, **body)
