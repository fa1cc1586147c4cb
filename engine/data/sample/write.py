"""Writes the sample as a COCO folder: all of it or nothing, and the same one every time."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing, contextmanager, suppress
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from uuid import uuid4

from engine.contract.system.folders import cache_folder
from engine.contract.text.messages import UserError
from engine.data.sample.compose import SPLITS, Sign, draw_picture
from engine.data.sample.effects import encoded
from engine.data.sample.scene import SIDE
from engine.data.sample.signs import SAMPLE_CLASSES

SAMPLE_VERSION = 2
"""Goes up with every change that moves a pixel or a box."""
JPEG_QUALITY = 85
CHUNK = 25
FEW = 100
"""Up to so many pictures are drawn in this process: starting others would take longer."""

Progress = Callable[[int, int], None]
"""Told pictures done and pictures in all."""
SignsOf = list[tuple[Sign, ...]]
"""The signs of each picture, in order of number."""


class Chunk(NamedTuple):
    """Pictures `first` up to but not `end` of a split."""

    split: str
    first: int
    end: int


def sample_folder() -> Path:
    """Where the built-in sample's pictures are kept between projects."""
    return cache_folder() / "sample"


def write_sample(
    root: Path,
    *,
    train: int = 1200,
    val: int = 150,
    test: int = 150,
    seed: int = 2020,
    progress: Progress | None = None,
) -> Path:
    """Write `images/<split>/000001.jpg` ... and `annotations/instances_<split>.json` to `root`; returns it.

    Returns at once if `root` already holds this very sample, replaces an older or other sample, and
    raises UserError if `root` holds anything else. Nothing is seen at `root` until everything is there.
    """
    counts = dict(zip(SPLITS, (train, val, test), strict=True))
    stamp = {"version": SAMPLE_VERSION, "seed": seed, "counts": counts}
    found = read_stamp(root)
    if found == stamp:
        return root
    if found is None and root.exists() and not (root.is_dir() and not any(root.iterdir())):
        raise UserError("sample.in_the_way", path=str(root))
    with beside(root) as folder:
        signs = draw_all(folder, counts, seed, progress)
        (folder / "annotations").mkdir()
        for split in SPLITS:
            table = json.dumps(coco_table(split, signs[split]), separators=(",", ":"))
            (folder / "annotations" / f"instances_{split}.json").write_text(table, encoding="utf-8")
        (folder / "sample.json").write_text(json.dumps(stamp), encoding="utf-8")
        put(folder, root, stamp)
    return root


def read_stamp(root: Path) -> dict[str, Any] | None:
    """What the sample at `root` says it is; None if there is none."""
    with suppress(OSError, ValueError):
        stamp = json.loads((root / "sample.json").read_text(encoding="utf-8"))
        if isinstance(stamp, dict) and stamp.keys() == {"version", "seed", "counts"}:
            return stamp
    return None


@contextmanager
def beside(root: Path) -> Iterator[Path]:
    """A new folder next to `root`, gone afterwards unless it was renamed. Raises OSError."""
    root.parent.mkdir(parents=True, exist_ok=True)
    folder = root.parent / f".{root.name}.{uuid4().hex[:12]}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put(folder: Path, root: Path, stamp: dict[str, Any]) -> None:
    """Rename `folder` to `root`, unless another process was faster with the same sample. Raises OSError."""
    if read_stamp(root) == stamp:
        return
    if root.exists():
        with beside(root) as old:
            root.rename(old / root.name)
    folder.rename(root)


def draw_all(folder: Path, counts: dict[str, int], seed: int, progress: Progress | None) -> dict[str, SignsOf]:
    """Draw every picture into `folder/images/<split>`; returns each split's signs.

    Raises OSError, and what `progress` raises.
    """
    chunks = []
    for split, count in counts.items():
        (folder / "images" / split).mkdir(parents=True)
        chunks += [Chunk(split, first, min(first + CHUNK, count + 1)) for first in range(1, count + 1, CHUNK)]
    total, done = sum(counts.values()), 0
    found: dict[Chunk, SignsOf] = {}
    # Closed before the folder goes, also when `progress` raises: no process may still be writing to it.
    with closing(drawn(folder, seed, chunks, total)) as ready:
        for chunk, signs in ready:
            found[chunk] = signs
            done += len(signs)
            if progress is not None:
                progress(done, total)
    return {split: [one for chunk in chunks if chunk.split == split for one in found[chunk]] for split in counts}


def drawn(folder: Path, seed: int, chunks: list[Chunk], total: int) -> Generator[tuple[Chunk, SignsOf], None, None]:
    """Each chunk with its pictures' signs, in whatever order they get ready."""
    workers = min(os.cpu_count() or 1, 8)
    if total <= FEW or workers == 1:
        for chunk in chunks:
            yield chunk, draw_chunk(folder, seed, chunk)
        return
    # Spawned and not forked: whoever calls may have Paddle's threads running.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=end_with_parent)
    try:
        waiting = {pool.submit(draw_chunk, folder, seed, chunk): chunk for chunk in chunks}
        for ready in as_completed(waiting):
            yield waiting[ready], ready.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def end_with_parent() -> None:
    """End this process as soon as the one that started it is gone, even if that was killed."""
    parent = parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def watch() -> None:
        connection.wait([sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def draw_chunk(folder: Path, seed: int, chunk: Chunk) -> SignsOf:
    """Draw and write the pictures of `chunk`; returns their signs. Raises OSError."""
    signs = []
    for number in range(chunk.first, chunk.end):
        picture = draw_picture(seed, chunk.split, number)
        file = folder / "images" / chunk.split / file_name(number)
        file.write_bytes(encoded(picture.pixels, JPEG_QUALITY))
        signs.append(picture.signs)
    return signs


def file_name(number: int) -> str:
    """The file of picture `number`."""
    return f"{number:06d}.jpg"


def coco_table(split: str, pictures: SignsOf) -> dict[str, Any]:
    """The COCO table of one split; picture, annotation and category ids count from 1."""
    images, annotations = [], []
    for number, signs in enumerate(pictures, 1):
        images.append({"id": number, "file_name": file_name(number), "width": SIDE, "height": SIDE})
        annotations += [annotation(number, sign) for sign in signs]
    for index, one in enumerate(annotations, 1):
        one["id"] = index
    return {
        "info": {"description": f"Espalier's drawn road signs, {split}", "version": str(SAMPLE_VERSION)},
        "licenses": [],
        "images": images,
        "annotations": annotations,
        "categories": [
            {"id": index, "name": name, "supercategory": "sign"} for index, name in enumerate(SAMPLE_CLASSES, 1)
        ],
    }


def annotation(number: int, sign: Sign) -> dict[str, Any]:
    """A sign of picture `number` as COCO has it; its box x, y, width, height in pixels to a thousandth."""
    left, top, right, bottom = (round(value, 3) for value in sign.box)
    width, height = round(right - left, 3), round(bottom - top, 3)
    return {
        "id": 0,
        "image_id": number,
        "category_id": sign.label + 1,
        "bbox": [left, top, width, height],
        "area": round(width * height, 3),
        "iscrowd": 0,
        "segmentation": [],
    }
