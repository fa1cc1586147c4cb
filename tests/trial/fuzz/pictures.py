"""Pictures of all kinds, broken, through the import and through what prediction reads."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fakes.datasets import put
from tests.trial.fuzz.sources import small, write_labelme

if TYPE_CHECKING:
    from tests.trial.fuzz.readers import Reader

_FORMATS = (
    ("JPEG", "RGB", ".jpg"), ("PNG", "RGBA", ".png"), ("PNG", "P", ".png"), ("PNG", "I;16", ".png"),
    ("BMP", "RGB", ".bmp"),
    ("JPEG", "CMYK", ".jpeg"), ("WEBP", "RGB", ".webp"), ("TIFF", "RGB", ".tiff"), ("GIF", "P", ".gif"),
    ("PNG", "1", ".png"),
)  # fmt: skip


def picture_readers() -> list[Reader]:
    """Pictures of a data set, and pictures that boxes are looked for on."""
    from tests.trial.fuzz.readers import Reader, read_source

    return [
        Reader("pictures", _prepare, _pictures, read_source),
        Reader("pictures to predict on", _prepare, _pictures, _read_all),
    ]


def _prepare(folder: Path) -> None:
    """A data set whose pictures are of different kinds, some of them turned by what EXIF says."""
    from PIL import Image

    write_labelme(folder, small())
    chance = random.Random(0)
    for path, (kind, mode, suffix) in zip(sorted(folder.glob("*.png")), _FORMATS * 2, strict=False):
        picture = Image.effect_noise((48, 40), 80).convert("RGB")
        picture = picture.convert("L").convert(mode) if mode == "I;16" else picture.convert(mode)
        stream = io.BytesIO()
        more = {}
        if kind == "JPEG":
            exif = Image.Exif()
            exif[0x0112] = chance.choice((1, 3, 6, 8))
            exif[0x010E] = "a picture"
            more = {"exif": exif.tobytes()}
        picture.save(stream, kind, **more)
        path.unlink()
        put(path.with_suffix(suffix), stream.getvalue())


def _pictures(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix != ".json"]


def _read_all(folder: Path, chance: random.Random) -> None:
    from engine.contract.text.messages import UserError
    from engine.detector.predict.pictures import read_picture, to_inputs
    from tests.trial.fuzz.judge import check_sentence

    config = {"size": 96, "mean": [0.5] * 3, "std": [0.5] * 3}
    for path in _pictures(folder):
        if chance.random() < 0.2:
            path = path.rename(path.with_suffix(chance.choice((".png", ".jpg", ".txt", ".PNG"))))
        try:
            to_inputs(read_picture(path), config)
        except UserError as error:
            check_sentence(error.message)
