"""Boxes drawn on pictures, one colour for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine.contract.text.messages import JobFailed

Rgb = tuple[int, int, int]
# Okabe and Ito's palette: told apart by colour-blind readers too.
PALETTE: tuple[Rgb, ...] = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (150, 120, 0),
)


def draw_boxes(
    picture: NDArray[np.uint8], boxes: Sequence[Mapping[str, Any]], classes: Sequence[str]
) -> NDArray[np.uint8]:
    """A copy of an RGB picture with `boxes` ({"class", "score", "box"}), at least 480 px wide so that labels read."""
    scale = max(1.0, 480 / picture.shape[1])
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    image = Image.fromarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC).astype(np.uint8))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(13)
    for box in boxes:
        colour = PALETTE[classes.index(box["class"]) % len(PALETTE)]
        left, top, right, bottom = (value * scale for value in box["box"])
        pen.rectangle((left, top, max(left, right), max(top, bottom)), outline=colour, width=2)
        label = f"{box['class']} {box['score']:.2f}"
        width, height = pen.textbbox((0, 0), label, font=font)[2:]
        left, top = min(left, size[0] - width - 6), max(0.0, top - height - 4)
        pen.rectangle((left, top, left + width + 6, top + height + 4), fill=colour)
        pen.text((left + 3, top + 1), label, fill=(255, 255, 255), font=font)
    return np.asarray(image)


def side_by_side(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two pictures of the same size, before and after, with a white gap."""
    gap = np.full((left.shape[0], 8, 3), 255, np.uint8)
    return np.concatenate([left, gap, right], axis=1)


def join_files(before: Path, after: Path, out: Path) -> Path:
    """Put the drawn pictures of two folders side by side, by name, into `out`; returns it."""
    from engine.detector.predict.pictures import read_picture

    out.mkdir(parents=True, exist_ok=True)
    for left in sorted(before.glob("*.png")):
        pair = side_by_side(read_picture(left), read_picture(after / left.name))
        write_picture(out / left.name, pair)
    return out


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write an RGB picture; raises JobFailed when it cannot be written."""
    done, data = cv2.imencode(path.suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not done:
        raise JobFailed("picture.not_written", path=str(path))
    path.write_bytes(data.tobytes())
