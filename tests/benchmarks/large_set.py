"""Makes a large data set of drawn pictures, as quickly as a disk takes them; and a project of it."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

CLASSES = ("sign", "lamp", "tree")
BOXES = 4
_TEXTURES = 24


def write_large_set(root: Path, count: int, size: tuple[int, int]) -> Path:
    """`count` JPEGs of `size`, each of its own kind, with COCO's json for train and for val."""
    width, height = size
    generator = np.random.default_rng(0)
    grain = [generator.normal(0, 9, (height, width, 3)).astype(np.int16) for _ in range(_TEXTURES)]
    val = count // 10
    for part, first, last in (("val", 0, val), ("train", val, count)):
        (root / "images" / part).mkdir(parents=True, exist_ok=True)
        (root / "annotations").mkdir(exist_ok=True)
        (root / "annotations" / f"instances_{part}.json").write_text(json.dumps(_document(first, last, size)))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            paths = [root / "images" / part / name(n) for n in range(first, last)]
            list(pool.map(lambda path: _draw(path, size, grain), paths))
    return root


def name(number: int) -> str:
    """The file of a picture."""
    return f"{number:06}.jpg"


def _draw(path: Path, size: tuple[int, int], grain: list[NDArray[np.int16]]) -> None:
    number = int(path.stem)
    generator = np.random.default_rng(number)
    coarse = generator.integers(20, 236, (7, 9, 3), np.uint8)
    picture = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    for x1, y1, x2, y2 in _boxes(number, size):
        cv2.rectangle(picture, (x1, y1), (x2, y2), generator.integers(0, 256, 3).tolist(), -1)
    noisy = np.clip(picture.astype(np.int16) + grain[number % _TEXTURES], 0, 255).astype(np.uint8)
    path.write_bytes(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes())


def _boxes(number: int, size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    width, height = size
    generator = np.random.default_rng([number, 1])
    boxes = []
    for _ in range(BOXES):
        w, h = (int(generator.integers(side // 10, side // 3)) for side in size)
        x, y = int(generator.integers(0, width - w)), int(generator.integers(0, height - h))
        boxes.append((x, y, x + w, y + h))
    return boxes


def _document(first: int, last: int, size: tuple[int, int]) -> dict[str, object]:
    images = [{"id": n, "file_name": name(n), "width": size[0], "height": size[1]} for n in range(first, last)]
    boxes = [
        _box(BOXES * n + m, n, (n + m) % len(CLASSES) + 1, edges)
        for n in range(first, last)
        for m, edges in enumerate(_boxes(n, size))
    ]
    categories = [{"id": n, "name": each} for n, each in enumerate(CLASSES, 1)]
    return {"images": images, "annotations": boxes, "categories": categories}


def _box(key: int, picture: int, category: int, edges: tuple[int, int, int, int]) -> dict[str, object]:
    x1, y1, x2, y2 = edges
    return {
        "id": key,
        "image_id": picture,
        "category_id": category,
        "bbox": [x1, y1, x2 - x1, y2 - y1],
        "iscrowd": 0,
        "area": (x2 - x1) * (y2 - y1),
    }
