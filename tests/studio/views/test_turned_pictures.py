"""How the studio shows pictures with an EXIF orientation: as the engine reads them, in all formats."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from engine.contract.pictures.turning import turned_size
from studio.views.pictures.decoding import decode, whole_size
from tests.fakes.turned import ENDINGS, HEIGHT, SEEN, WIDTH, put_quartered, seen


def quarters(image: QImage) -> str:
    width, height = image.width(), image.height()
    spots = [(x, y) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return seen([image.pixelColor(*spot).getRgb()[:3] for spot in spots])  # type: ignore[index]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("orientation", SEEN)
def test_that_every_format_is_shown_turned(tmp_path: Path, orientation: int, ending: str) -> None:
    path = str(put_quartered(tmp_path, orientation, ending))
    size = QSize(*turned_size(WIDTH, HEIGHT, orientation))
    assert whole_size(path) == size
    whole = decode(path, QSize(1000, 1000))
    assert (quarters(whole), whole.size()) == (SEEN[orientation], size)
    small = decode(path, QSize(50, 40))
    assert quarters(small) == SEEN[orientation]
    assert small.size() == size.scaled(50, 40, Qt.AspectRatioMode.KeepAspectRatio)
