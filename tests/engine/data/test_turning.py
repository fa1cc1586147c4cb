"""How the engine turns pictures by their EXIF: all orientations, all formats that carry one, boxes with them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.contract.pictures.turning import orientation_in, turned_box, turned_size
from engine.contract.text.messages import UserError
from engine.data.pictures import decode, probe_picture
from engine.detector.predict.pictures import read_picture
from tests.fakes.turned import ENDINGS, HEIGHT, SEEN, WIDTH, put_quartered, quartered, seen, with_orientation


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("orientation", SEEN)
def test_that_every_format_is_seen_turned(tmp_path: Path, orientation: int, ending: str) -> None:
    path = put_quartered(tmp_path, orientation, ending)
    pixels = decode(path.read_bytes())
    assert pixels is not None
    height, width = pixels.shape[:2]
    spots = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    assert seen([pixels[spot][::-1].tolist() for spot in spots]) == SEEN[orientation]
    assert (width, height) == turned_size(WIDTH, HEIGHT, orientation)
    probe = probe_picture(path)
    assert (probe.width, probe.height) == (width, height)
    assert (probe.orientation, probe.stored_size) == (orientation, (WIDTH, HEIGHT))


@pytest.mark.parametrize("orientation", SEEN)
def test_that_likeness_is_that_of_what_is_seen(tmp_path: Path, orientation: int) -> None:
    path = put_quartered(tmp_path, orientation, "jpg")
    upright = tmp_path / "upright.png"
    pixels = decode(path.read_bytes())
    assert pixels is not None
    Image.fromarray(pixels[:, :, ::-1]).save(upright)
    one, other = probe_picture(path), probe_picture(upright)
    assert (one.likeness ^ other.likeness).bit_count() <= 5
    grey = [np.frombuffer(probe.thumb, np.uint8).astype(int) for probe in (one, other)]
    assert np.abs(grey[0] - grey[1]).mean() < 4


@pytest.mark.parametrize("orientation", SEEN)
def test_that_boxes_turn_with_their_picture(orientation: int) -> None:
    stored = Image.new("RGB", (60, 40))
    stored.paste((255, 255, 255), (5, 7, 23, 36))
    pixels = decode(with_orientation(stored, orientation, "png"))
    assert pixels is not None
    rows, columns = np.nonzero(pixels[:, :, 0])
    marked = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert turned_box((5, 7, 23, 36), 60, 40, orientation) == marked


def test_that_what_means_nothing_turns_nothing() -> None:
    for orientation in (0, 9, 65535):
        assert orientation_in(io.BytesIO(with_orientation(quartered(), orientation, "jpg"))) == 1
    whole = with_orientation(quartered(), 6, "jpg")
    for ending in ENDINGS:
        raw = with_orientation(quartered(), 6, ending)
        for length in range(0, min(len(raw), 200)):
            assert orientation_in(io.BytesIO(raw[:length])) in (1, 6)
    assert orientation_in(io.BytesIO(whole.replace(b"Exif", b"Nope"))) == 1
    assert orientation_in(io.BytesIO(b"")) == 1


def test_that_exif_behind_other_headers_counts() -> None:
    raw = with_orientation(quartered(), 8, "jpg")
    note = b"\xff\xe1\x00\x08http:/" + b"\xff\xff\xfe\x00\x04ab"
    assert orientation_in(io.BytesIO(raw[:2] + note + raw[2:])) == 8


def test_that_what_is_predicted_is_turned_and_heic_is_named(tmp_path: Path) -> None:
    path = put_quartered(tmp_path, 6, "webp")
    assert read_picture(path).shape == (WIDTH, HEIGHT, 3)
    assert seen([read_picture(path)[10, 10].tolist()]) == SEEN[6][0]
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(64))
    with pytest.raises(UserError) as refused:
        read_picture(path)
    assert refused.value.message.code == "picture.heic"
