"""Readers of what a person writes after an option: each takes the words, or says what they should have been."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable
from typing import get_args

from pydantic import TypeAdapter, ValidationError

from engine.contract.device.choice import DeviceName, resolve
from engine.contract.run.job import ExifFrame
from engine.contract.run.settings import TrainSettings


def count(what: str, least: int = 1) -> Callable[[str], int]:
    """Reads a number of something, from `least` on."""

    def read(text: str) -> int:
        with contextlib.suppress(ValueError):
            if int(text) >= least:
                return int(text)
        raise argparse.ArgumentTypeError(f"{text} is not {what} from {least} on")

    return read


def share(most: float) -> Callable[[str], float]:
    """Reads a share above 0 and at most `most`."""

    def read(text: str) -> float:
        with contextlib.suppress(ValueError):
            if 0 < float(text) <= most:
                return float(text)
        raise argparse.ArgumentTypeError(f"{text} is no share above 0 and at most {most:g}")

    return read


def points(text: str) -> float:
    """Reads points of mAP, of which there are 100."""
    with contextlib.suppress(ValueError):
        if 0 <= float(text) <= 100:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text} is no number of points from 0 to 100")


def above_nothing(unit: str) -> Callable[[str], float]:
    """Reads a number of the unit, above 0."""

    def read(text: str) -> float:
        with contextlib.suppress(ValueError):
            if 0 < float(text) < float("inf"):
                return float(text)
        raise argparse.ArgumentTypeError(f"{text} is no number of {unit} above 0")

    return read


milliseconds = above_nothing("milliseconds")


def epochs(text: str) -> int:
    """Reads a number of epochs that a training may have."""
    bounds = TrainSettings.model_fields["epochs"].metadata
    least = next(bound.ge for bound in bounds if hasattr(bound, "ge"))
    most = next(bound.le for bound in bounds if hasattr(bound, "le"))
    with contextlib.suppress(ValueError):
        if least <= int(text) <= most:
            return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no number of epochs from {least} to {most}")


DEVICE_HELP = "where to compute: auto (a GPU if one can be used), cpu, or gpu:N"


def device(text: str) -> str:
    """Reads where to compute."""
    with contextlib.suppress(ValidationError):
        return TypeAdapter(DeviceName).validate_python(text)
    raise argparse.ArgumentTypeError(f"{text} is none of auto, cpu, gpu:0, gpu:1 and so on")


def add_ranks(parser: argparse.ArgumentParser) -> None:
    """The options of a verb that trains, for several processes that compute each step together."""
    several = count("a number of ranks")
    parser.add_argument("--ranks", metavar="N", type=several, help="train by N processes together, a core or GPU each")
    text = "machines that train together, this one first; on each other one: espalier join DIR RUN --node 1, 2 ..."
    parser.add_argument("--nodes", metavar="HOST:PORT", nargs="+", help=text)


def given_settings(args: argparse.Namespace) -> dict[str, object]:
    """The settings of a training that have options of their own, those that were given."""
    values = {name: getattr(args, name, None) for name in ("device", "ranks", "nodes")}
    return {name: value for name, value in values.items() if value is not None}


def check_device(name: str) -> None:
    """Refuse a GPU that cannot be had before anything is made for it; raises UserError."""
    if name.startswith("gpu:"):
        from engine.detector.base.gpus import find_devices

        resolve(name, find_devices())


def add_exif(parser: argparse.ArgumentParser, default: str = "turned") -> None:
    """The option of a verb that reads a data set, for pictures that EXIF turns."""
    text = f"what boxes were drawn on where pictures are turned by EXIF and sizes do not tell ({default} if not given)"
    parser.add_argument("--exif", choices=get_args(ExifFrame), help=text)
