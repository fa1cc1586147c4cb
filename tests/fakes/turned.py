"""Pictures with an EXIF orientation, in all formats that carry one, and how each is to be seen."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

ENDINGS = ("jpg", "png", "webp", "tif")
COLOURS = {"R": (255, 0, 0), "G": (0, 255, 0), "B": (0, 0, 255), "W": (255, 255, 255)}
SEEN = {1: "RGBW", 2: "GRWB", 3: "WBGR", 4: "BWRG", 5: "RBGW", 6: "BRWG", 7: "WGBR", 8: "GWRB"}
"""The quarters of `quartered` as they are seen: top left, top right, bottom left, bottom right."""
WIDTH, HEIGHT = 192, 128


def quartered(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Red, green, blue and white, as they are stored."""
    picture = Image.new("RGB", (width, height))
    for n, colour in enumerate(COLOURS.values()):
        left, top = width // 2 * (n % 2), height // 2 * (n // 2)
        picture.paste(colour, (left, top, left + width // 2, top + height // 2))
    return picture


def with_orientation(picture: Image.Image, orientation: int, ending: str) -> bytes:
    """A file that says so of itself."""
    stream, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    if ending == "tif":
        picture.save(stream, "TIFF", tiffinfo={0x0112: orientation})
    elif ending == "webp":
        picture.save(stream, "WEBP", exif=exif.tobytes(), lossless=True)
    else:
        picture.save(stream, {"jpg": "JPEG", "png": "PNG"}[ending], exif=exif.tobytes())
    return stream.getvalue()


def put_quartered(folder: Path, orientation: int, ending: str) -> Path:
    """The file of `quartered`."""
    path = folder / f"{orientation}.{ending}"
    path.write_bytes(with_orientation(quartered(), orientation, ending))
    return path


def seen(quarters: Sequence[Sequence[int]]) -> str:
    """Four colours as letters."""
    return "".join(
        min(COLOURS, key=lambda key: sum(abs(a - b) for a, b in zip(COLOURS[key], colour, strict=True)))
        for colour in quarters
    )
