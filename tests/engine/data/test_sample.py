"""The built-in sample: the same on every run, with boxes that fit."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO

from engine.contract.text.messages import UserError
from engine.data.sample import SAMPLE_CLASSES, write_sample
from engine.data.sample import write as writing
from engine.data.sample.compose import Sign, clipped, draw_picture, labelled, picture_rng
from engine.data.sample.effects import motion_kernel
from engine.data.sample.place import Placed, paste, pose, shrunk
from engine.data.sample.scene import SIDE
from engine.data.sample.signs import sign_faces

COUNTS = {"train": 9, "val": 3, "test": 2}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample") / "signs", train=9, val=3, test=2)


def contents(root: Path) -> dict[str, bytes]:
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def table(root: Path, split: str) -> dict:
    return json.loads((root / "annotations" / f"instances_{split}.json").read_text(encoding="utf-8"))


def facing(label: int, centre: tuple[float, float], radius: float, seed: int = 0) -> Placed:
    return Placed(sign_faces()[label][0], pose(np.random.default_rng(seed), centre, radius))


def alpha_of(placed: Placed) -> np.ndarray:
    return paste(np.zeros((SIDE, SIDE, 3), dtype=np.uint8), placed, shrunk(placed))


def test_that_it_is_the_same_again_and_in_other_processes(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "FEW", 0)
    monkeypatch.setattr(writing, "CHUNK", 2)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    heard: list[tuple[int, int]] = []
    again = write_sample(tmp_path / "again", train=9, val=3, test=2, progress=lambda *told: heard.append(told))
    assert contents(again) == contents(sample)
    assert heard[-1] == (14, 14)
    assert [done for done, _ in heard] == sorted({done for done, _ in heard})


def test_that_a_picture_drawn_alone_is_the_one_of_the_batch(sample: Path, tmp_path: Path) -> None:
    alone = draw_picture(2020, "train", 7)
    cv2.imwrite(str(tmp_path / "7.jpg"), alone.pixels, [cv2.IMWRITE_JPEG_QUALITY, writing.JPEG_QUALITY])
    assert (tmp_path / "7.jpg").read_bytes() == (sample / "images" / "train" / "000007.jpg").read_bytes()
    listed = [one for one in table(sample, "train")["annotations"] if one["image_id"] == 7]
    assert [one["category_id"] - 1 for one in listed] == [sign.label for sign in alone.signs]


def test_that_another_count_changes_no_picture(sample: Path, tmp_path: Path) -> None:
    fewer = write_sample(tmp_path / "fewer", train=3, val=1, test=0)
    pictures = {name: data for name, data in contents(fewer).items() if name.endswith(".jpg")}
    assert len(pictures) == 4
    assert pictures.items() <= contents(sample).items()
    annotations = table(fewer, "train")["annotations"]
    assert annotations == table(sample, "train")["annotations"][: len(annotations)]
    assert table(fewer, "test")["images"] == []


def test_that_no_picture_stands_in_two_splits_and_another_seed_gives_others(sample: Path) -> None:
    pictures = [data for name, data in contents(sample).items() if name.endswith(".jpg")]
    assert len(set(pictures)) == len(pictures) == 14
    streams = [(seed, split, n) for seed in (2020, 2021) for split in COUNTS for n in range(1, 300)]
    assert len({picture_rng(*stream).integers(2**63) for stream in streams}) == len(streams)


def test_that_the_tables_are_coco_and_the_boxes_inside(sample: Path) -> None:
    for split, count in COUNTS.items():
        coco = COCO(str(sample / "annotations" / f"instances_{split}.json"))
        assert [one["name"] for one in coco.loadCats(sorted(coco.cats))] == list(SAMPLE_CLASSES)
        assert sorted(coco.cats) == list(range(1, 7))
        assert sorted(coco.imgs) == list(range(1, count + 1))
        for number, image in coco.imgs.items():
            pixels = cv2.imread(str(sample / "images" / split / image["file_name"]))
            assert pixels.shape == (image["height"], image["width"], 3)
            signs = coco.loadAnns(coco.getAnnIds(imgIds=[number]))
            assert 1 <= len(signs) <= 5
            for sign in signs:
                left, top, width, height = sign["bbox"]
                assert min(left, top) >= 0
                assert left + width <= SIDE + 1e-6
                assert top + height <= SIDE + 1e-6
                assert min(width, height) >= 6
                assert sign["area"] == pytest.approx(width * height, abs=0.01)


@pytest.mark.parametrize("label", range(len(SAMPLE_CLASSES)))
def test_that_a_box_fits_the_pixels_of_its_sign(label: int) -> None:
    off = []
    for seed in range(12):
        placed = facing(label, (160 + seed / 12, 160 - seed / 7), 13 + 5 * seed, seed)
        solid = alpha_of(placed) > 0.5
        rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
        seen = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        off.append(np.array(seen) - placed.bounds)
    # Whole pixels lie within half a pixel of an exact edge, and on neither side of it on average.
    assert np.abs(off).max() < 0.75
    assert np.abs(np.mean(off, axis=0)).max() < 0.3


def test_that_a_covered_sign_keeps_its_whole_box_until_too_little_is_seen() -> None:
    placed = facing(5, (160, 160), 50)
    left, top, right, bottom = placed.bounds
    for hidden, kept in ((0.5, True), (0.7, False)):
        cover = np.zeros((SIDE, SIDE), dtype=np.float32)
        cover[: round(top + hidden * (bottom - top))] = 1
        signs = labelled([(5, placed)], [alpha_of(placed)], cover)
        assert signs == ((Sign(5, (left, top, right, bottom)),) if kept else ())


def test_that_a_cut_sign_has_its_part_inside_the_picture_as_box() -> None:
    nothing = np.zeros((SIDE, SIDE), dtype=np.float32)
    cut, almost_gone = facing(0, (35, 160), 50), facing(0, (0, 160), 50)
    signs = labelled([(0, cut), (1, almost_gone)], [alpha_of(cut), alpha_of(almost_gone)], nothing)
    assert signs == (Sign(0, clipped(cut.bounds)),)
    assert cut.bounds[0] < 0 == signs[0].box[0]


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.2, 2.9])
def test_that_motion_blur_does_not_move_a_sign(angle: float) -> None:
    kernel = motion_kernel(9.0, angle)
    steps = np.arange(len(kernel)) - len(kernel) // 2
    assert kernel.sum() == pytest.approx(1)
    assert [kernel.sum(0) @ steps, kernel.sum(1) @ steps] == pytest.approx([0, 0], abs=1e-5)


def test_that_a_complete_sample_is_left_alone_and_another_one_replaced(tmp_path: Path) -> None:
    root = write_sample(tmp_path / "signs", train=1, val=1, test=0)
    mark = root / "images" / "mark"
    mark.touch()
    assert write_sample(root, train=1, val=1, test=0) == root
    assert mark.exists()
    write_sample(root, train=1, val=1, test=0, seed=1)
    assert not mark.exists()
    assert json.loads((root / "sample.json").read_text(encoding="utf-8"))["seed"] == 1
    assert [one.name for one in tmp_path.iterdir()] == ["signs"]


def test_that_someone_elses_folder_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "sample.json").write_text('{"mine": 1}', encoding="utf-8")
    with pytest.raises(UserError) as caught:
        write_sample(tmp_path, train=1, val=0, test=0)
    assert caught.value.message.code == "sample.in_the_way"
    assert str(tmp_path) in caught.value.message.text("zh")
    assert [one.name for one in tmp_path.iterdir()] == ["sample.json"]


def test_that_an_interrupted_sample_leaves_nothing_behind(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_sample(tmp_path / "signs", train=2, val=0, test=0, progress=stop)
    assert list(tmp_path.iterdir()) == []
