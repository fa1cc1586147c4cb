"""One picture of the sample with its boxes, made from (seed, split, number) alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from engine.data.sample.clutter import other_signs, shop_boards
from engine.data.sample.cover import Cover
from engine.data.sample.effects import photographed
from engine.data.sample.place import Placed, pose, stand
from engine.data.sample.scene import SIDE, draw_scene, jitter
from engine.data.sample.shapes import Box, Bytes, Face, Floats, fill, rectangle
from engine.data.sample.signs import SAMPLE_CLASSES, Faces, sign_faces

SPLITS: tuple[str, ...] = ("train", "val", "test")
SMALLEST, LARGEST = 0.14, 0.5
"""Heights of signs as shares of the picture's height."""
MIN_VISIBLE = 0.4
"""A sign less visible than this after occlusion has no box."""
MIN_INSIDE = 0.6
"""A sign of which less than this lies within the picture has no box."""


@dataclass(frozen=True)
class Sign:
    """A labelled sign: class index from 0 and its box within the picture."""

    label: int
    box: Box


@dataclass(frozen=True)
class Picture:
    """One picture, uint8 BGR [SIDE, SIDE, 3], with its labelled signs."""

    pixels: Bytes
    signs: tuple[Sign, ...]


def picture_rng(seed: int, split: str, number: int) -> Generator:
    """The randomness of picture `number` (from 1) of `split`; no two pictures share any."""
    return Generator(PCG64(SeedSequence([seed, SPLITS.index(split), number])))


def overlaps(one: Box, other: Box, gap: float) -> bool:
    """Whether two boxes come closer than `gap` pixels."""
    apart_x = one[0] - gap > other[2] or other[0] - gap > one[2]
    apart_y = one[1] - gap > other[3] or other[1] - gap > one[3]
    return not (apart_x or apart_y)


def find_place(rng: Generator, face: Face, height: float, taken: list[Box]) -> Placed | None:
    """A pose for `face`, `height` pixels tall, clear of all `taken`; None after eight failed tries."""
    span = float(np.ptp(face.outline[:, 1]))
    for _ in range(8):
        centre = (rng.uniform(0.0, 1.0) * SIDE, rng.uniform(0.06, 0.8) * SIDE)
        placed = Placed(face, pose(rng, centre, height / span))
        bounds = placed.bounds
        inside = clipped(bounds)
        share = area(inside) / area(bounds)
        if share > 0.72 and not any(overlaps(bounds, other, 3) for other in taken):
            taken.append(bounds)
            return placed
    return None


def clipped(box: Box) -> Box:
    """The part of `box` within the picture."""
    left, top, right, bottom = (min(max(value, 0.0), float(SIDE)) for value in box)
    return left, top, right, bottom


def area(box: Box) -> float:
    """Square pixels of a box; never quite 0, so that it may be divided by."""
    return max((box[2] - box[0]) * (box[3] - box[1]), 1e-6)


def draw_pole(rng: Generator, picture: Bytes, placed: Placed) -> None:
    """The post that carries a sign."""
    left, top, right, bottom = placed.bounds
    middle, height = (left + right) / 2, bottom - top
    half = max(0.6, height * rng.uniform(0.03, 0.055))
    foot = bottom + height * rng.uniform(2.0, 4.5)
    metal = jitter(rng, (136, 134, 132))
    fill(picture, rectangle(middle - half, top + 0.2 * height, middle + half, foot), metal)
    light = rectangle(middle - half * 0.5, top + 0.2 * height, middle, foot)
    fill(picture, light, jitter(rng, (176, 176, 176), 10))


def draw_boards(rng: Generator, picture: Bytes, light: float) -> None:
    """Up to three shop boards anywhere between the ground and the sky."""
    boards = shop_boards()
    for _ in range(rng.choice(4, p=(0.35, 0.3, 0.2, 0.15))):
        centre = (rng.uniform(0, 1) * SIDE, rng.uniform(0.3, 0.65) * SIDE)
        placed = Placed(boards[rng.integers(len(boards))], pose(rng, centre, rng.uniform(0.06, 0.16) * SIDE))
        stand(rng, picture, placed, light)


def visible_share(alpha: Floats, cover: Floats) -> float:
    """How much of a sign's pixels within the picture are not covered."""
    return float((alpha * (1 - cover)).sum() / max(float(alpha.sum()), 1e-6))


def labelled(placed: list[tuple[int, Placed]], alphas: list[Floats], cover: Floats) -> tuple[Sign, ...]:
    """The signs that are visible enough, with their boxes as if nothing stood before them."""
    signs = []
    for (label, sign), alpha in zip(placed, alphas, strict=True):
        box = sign.bounds
        inside = area(clipped(box)) / area(box)
        if inside > MIN_INSIDE and visible_share(alpha, cover) >= MIN_VISIBLE:
            signs.append(Sign(label, clipped(box)))
    return tuple(signs)


def choose(rng: Generator, faces: Faces) -> Face:
    """One of `faces`."""
    return faces[rng.integers(len(faces))]


def place_signs(rng: Generator, taken: list[Box]) -> list[tuple[int, Placed]]:
    """One to five signs with their class indices, of any class and size."""
    signs: list[tuple[int, Placed]] = []
    for _ in range(1 + rng.binomial(4, 0.36)):
        label = int(rng.integers(len(SAMPLE_CLASSES)))
        height = SIDE * SMALLEST * (LARGEST / SMALLEST) ** rng.random()
        found = find_place(rng, choose(rng, sign_faces()[label]), height, taken)
        while found is None and not signs:
            found = find_place(rng, choose(rng, sign_faces()[label]), height, taken)
        if found is not None:
            signs.append((label, found))
    return signs


def place_others(rng: Generator, taken: list[Box]) -> list[Placed]:
    """Up to three signs of no class."""
    others = []
    for _ in range(rng.choice(4, p=(0.25, 0.35, 0.25, 0.15))):
        height = SIDE * rng.uniform(0.07, 0.26)
        found = find_place(rng, choose(rng, other_signs()), height, taken)
        if found is not None:
            others.append(found)
    return others


def draw_picture(seed: int, split: str, number: int) -> Picture:
    """Picture `number` (from 1) of `split`, the same whenever and wherever in a batch it is drawn."""
    rng = picture_rng(seed, split, number)
    picture = draw_scene(rng)
    light = rng.uniform(0.82, 1.1)
    draw_boards(rng, picture, light)
    taken: list[Box] = []
    signs = place_signs(rng, taken)
    others = place_others(rng, taken)
    standing = [*others, *(sign for _, sign in signs)]
    for one in sorted(standing, key=lambda placed: area(placed.bounds)):
        draw_pole(rng, picture, one)
    for other in others:
        stand(rng, picture, other, light)
    alphas = [stand(rng, picture, sign, light) for _, sign in signs]
    return finish(rng, picture, signs, alphas)


def finish(rng: Generator, picture: Bytes, signs: list[tuple[int, Placed]], alphas: list[Floats]) -> Picture:
    """Put what stands in front over the picture and photograph it."""
    front = Cover(picture)
    for _, sign in signs:
        if rng.random() < 0.3:
            front.occlude(rng, sign.bounds)
    found, seen = labelled(signs, alphas, front.share()), front.picture
    if not found:
        # Every picture shows at least one sign: here nothing is left in front of them.
        found, seen = labelled(signs, alphas, np.zeros((SIDE, SIDE), dtype=np.float32)), picture
    return Picture(photographed(rng, seen), found)
