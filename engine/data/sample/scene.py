"""Drawn street scenes: sky, hills, road, house fronts, trees and cars, seen by one camera."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from engine.data.sample.effects import GRAIN, grain, looked_up
from engine.data.sample.shapes import (
    SUBPIXEL_BITS,
    Bytes,
    Colour,
    Floats,
    Points,
    fill,
    regular,
    subpixel,
    tripled,
)

SIDE = 320
"""Width and height of every picture of the sample, in pixels."""

FACADES: tuple[Colour, ...] = (
    (150, 178, 204),
    (120, 140, 172),
    (92, 108, 160),
    (196, 200, 204),
    (170, 160, 148),
    (128, 172, 196),
    (80, 92, 120),
    (176, 190, 160),
    (140, 128, 120),
    (110, 150, 210),
)
GROUNDS: tuple[Colour, ...] = ((70, 122, 96), (84, 140, 120), (120, 150, 164), (150, 152, 152), (64, 104, 76))
CARS: tuple[Colour, ...] = (
    (60, 40, 190),
    (180, 90, 30),
    (220, 220, 220),
    (50, 50, 50),
    (150, 150, 156),
    (40, 180, 230),
    (90, 140, 40),
)
LAMP: Colour = (40, 30, 190)


def trapezium(left: float, top: float, right: float, bottom: float, inset: float) -> list[list[float]]:
    """Four corners; the top side is shorter by `inset` at either end."""
    return [[left + inset, top], [right - inset, top], [right, bottom], [left, bottom]]


CAR_PARTS = np.array(
    [
        trapezium(-0.52, -0.06, 0.52, 0.03, 0.0),
        trapezium(-0.4, -0.8, 0.4, -0.45, 0.1),
        trapezium(-0.34, -0.75, 0.34, -0.48, 0.08),
        trapezium(-0.5, -0.48, 0.5, -0.08, 0.04),
        trapezium(-0.48, -0.4, -0.34, -0.27, 0.0),
        trapezium(0.34, -0.4, 0.48, -0.27, 0.0),
        trapezium(-0.15, -0.26, 0.15, -0.17, 0.0),
    ]
)
"""A car from behind, [7, 4, 2], in widths: shadow, roof, window, body, two lamps, number plate."""


def jitter(rng: Generator, colour: Colour, spread: float = 18.0) -> Colour:
    """`colour` moved at random by about `spread` levels, mostly in brightness."""
    brighter = rng.normal(0, spread)
    moved = zip(colour, rng.normal(0, spread / 3, 3).tolist(), strict=True)
    blue, green, red = (int(min(max(level + brighter + tint, 8), 247)) for level, tint in moved)
    return blue, green, red


def shade(colour: Colour, factor: float) -> Colour:
    """`colour` times `factor`."""
    blue, green, red = colour
    return min(255, int(blue * factor)), min(255, int(green * factor)), min(255, int(red * factor))


def cloudy(rng: Generator, cells: int, octaves: int = 3) -> Floats:
    """Smooth noise [SIDE, SIDE] of about zero mean and unit deviation, `cells` coarse cells across."""
    total = np.zeros((SIDE, SIDE), dtype=np.float32)
    for octave in range(octaves):
        size = cells << octave
        coarse = rng.standard_normal((size, size), dtype=np.float32) * np.float32(0.6**octave)
        total += cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    return total * np.float32(1.2)


@dataclass(frozen=True)
class Camera:
    """Looks along the street: `focal` in pixels, the vanishing point, metres above the road."""

    focal: float
    vanishing_x: float
    horizon: float
    height: float

    def project(self, points: Points) -> Floats:
        """Metres right of the camera, above the road and ahead [..., 3] as picture coordinates [..., 2]."""
        across, above, ahead = points[..., 0], points[..., 1], points[..., 2]
        seen = np.empty((*points.shape[:-1], 2))
        seen[..., 0] = self.vanishing_x + self.focal * across / ahead
        seen[..., 1] = self.horizon - self.focal * (above - self.height) / ahead
        return np.minimum(np.maximum(seen, -4000), 4000).astype(np.float32)


def draw_sky(rng: Generator, picture: Bytes, horizon: float) -> None:
    """A gradient from zenith to horizon, with clouds."""
    zenith, haze = (
        ((214, 150, 84), (238, 222, 200)),
        ((196, 188, 180), (226, 224, 220)),
        ((150, 104, 92), (140, 178, 236)),
        ((176, 120, 60), (224, 206, 170)),
    )[rng.integers(4)]
    rows = int(horizon) + 1
    share = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    top, bottom = (np.array(jitter(rng, end), dtype=np.float32) for end in (zenith, haze))
    sky = np.repeat((top * (1 - share) + bottom * share)[:, None], SIDE, axis=1)
    clouds = np.clip(cloudy(rng, 3)[:rows] - np.float32(rng.uniform(-0.3, 1.2)), 0, 1)
    picture[:rows] = sky + (245 - sky) * tripled(clouds * np.float32(rng.uniform(0.3, 0.9)))


def draw_skyline(rng: Generator, picture: Bytes, horizon: float, colour: Colour, height: float) -> None:
    """A ragged ridge of hills or far trees on the horizon."""
    xs = np.linspace(-10, SIDE + 10, 24)
    steps = rng.normal(0, 1, xs.size).cumsum()
    ridge = horizon - height * (0.5 + 0.5 * (steps - steps.min()) / (np.ptp(steps) + 1e-6))
    top = np.stack([xs, ridge], axis=1)
    fill(picture, np.vstack([top, [[SIDE + 10, horizon + 3], [-10, horizon + 3]]]), colour)


def strip(left: float, right: float, near: float, far: float) -> NDArray[np.float64]:
    """A rectangle on the ground, [4, 3] metres."""
    return np.array([[left, 0, near], [right, 0, near], [right, 0, far], [left, 0, far]])


def draw_ground(rng: Generator, picture: Bytes, camera: Camera, half_road: float) -> None:
    """Verge, pavement, asphalt and its markings, with a grain over all of it."""
    top = max(0, int(camera.horizon))
    picture[top:] = jitter(rng, GROUNDS[rng.integers(len(GROUNDS))])
    pavement = jitter(rng, (158, 162, 166))
    kerb = half_road + rng.uniform(1.5, 3.0)
    fill(picture, camera.project(strip(-kerb, kerb, 0.6, 400)), pavement)
    asphalt = jitter(rng, (104, 102, 100))
    fill(picture, camera.project(strip(-half_road - 0.15, half_road + 0.15, 0.6, 400)), shade(pavement, 0.8))
    fill(picture, camera.project(strip(-half_road, half_road, 0.6, 400)), asphalt)
    paint = jitter(rng, (214, 218, 220), 10)
    if rng.random() < 0.75:
        start = rng.uniform(1, 4)
        dashes = np.stack([strip(-0.09, 0.09, z, z + 2.4) for z in start + 5.0 * np.arange(12)])
        fill(picture, camera.project(dashes), paint)
    if rng.random() < 0.35:
        ahead = rng.uniform(6, 14)
        starts = np.arange(-half_road + 0.2, half_road, 0.95)
        fill(picture, camera.project(np.stack([strip(x, x + 0.45, ahead, ahead + 3) for x in starts])), paint)
    rough = cloudy(rng, 5)[top:] * 7 + looked_up(grain(rng, (SIDE - top, SIDE)), GRAIN) * 6
    picture[top:] = np.clip(picture[top:] + tripled(rough), 0, 255)


def draw_front(rng: Generator, picture: Bytes, camera: Camera, across: float, near: float, far: float) -> None:
    """One house front along the street with its windows and, at times, an awning."""
    top = rng.uniform(5, 16)
    wall = jitter(rng, FACADES[rng.integers(len(FACADES))])

    def quad(low: float, high: float, start: float, end: float) -> NDArray[np.float64]:
        sides = [(low, start), (low, end), (high, end), (high, start)]
        return np.array([(across, above, ahead) for above, ahead in sides])

    fill(picture, camera.project(quad(0, top, near, far)), wall)
    # The gable towards the camera, so that neighbours of different height look solid.
    outwards = across + np.sign(across) * 12
    gable = np.array([[across, 0, near], [outwards, 0, near], [outwards, top, near], [across, top, near]])
    fill(picture, camera.project(gable), shade(wall, 0.78))
    columns = max(2, int((far - near) / rng.uniform(2.0, 3.5)))
    cell = (far - near) / columns
    glass = jitter(rng, (110, 88, 70), 25)
    floors = np.arange(3.2, top - 2.5, 3.0)
    if len(floors):
        # Every window at once, [floors * columns, 4, 3] metres: first its frame, then the smaller glass.
        panes = np.full((len(floors), columns, 4, 3), across)
        panes[..., 1] = floors[:, None, None] + np.array([0.9, 0.9, 2.3, 2.3])
        panes[..., 2] = near + (np.arange(columns)[:, None] + np.array([0.25, 0.75, 0.75, 0.25])) * cell
        panes = panes.reshape(-1, 4, 3)
        fill(picture, camera.project(panes), shade(wall, 1.2))
        inner = panes + np.array([[0, 0.12, 0.1], [0, 0.12, -0.1], [0, -0.12, -0.1], [0, -0.12, 0.1]])
        fill(picture, camera.project(inner), glass)
    if rng.random() < 0.6:
        fill(picture, camera.project(quad(0.3, 2.4, near + 0.1 * cell, far - 0.1 * cell)), shade(glass, 0.8))
        vivid = rng.integers(30, 225, 3).tolist()
        fill(picture, camera.project(quad(2.4, 3.1, near, far)), (vivid[0], vivid[1], vivid[2]))


def draw_tree(rng: Generator, picture: Bytes, foot: Points, height: float) -> None:
    """A trunk and a crown of overlapping leaf clusters; `foot` in picture coordinates, `height` in pixels."""
    x, y = foot.tolist()
    half = height * 0.035
    thin, fork = half * 0.6, y - height * 0.6
    trunk = np.array([[x - half, y], [x + half, y], [x + thin, fork], [x - thin, fork]])
    fill(picture, trunk, jitter(rng, (50, 68, 88), 12))
    crown = jitter(rng, ((52, 106, 66), (60, 130, 110), (44, 84, 48), (50, 120, 170))[rng.integers(4)])
    count, corners = 26, 9
    angles, spread = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.random(count))
    middles = np.stack([np.cos(angles) * spread * 0.26, np.sin(angles) * spread * 0.27 - 0.72], axis=1)
    middles = middles[np.argsort(-middles[:, 1])]
    radii = rng.uniform(0.07, 0.13, (count, 1, 1)) * rng.uniform(0.8, 1.2, (count, corners, 1))
    blobs = (foot + (regular(corners) * radii + middles[:, None]) * height).astype(np.float32)
    tones = 1.0 - 0.55 * (middles[:, 1] + 0.72) + rng.normal(0, 0.09, count)
    for blob, tone in zip(subpixel(blobs), tones.tolist(), strict=True):
        cv2.fillPoly(picture, [blob], shade(crown, tone), cv2.LINE_AA, SUBPIXEL_BITS)


def draw_car(rng: Generator, picture: Bytes, foot: Points, width: float) -> None:
    """A car from behind; `foot` is the middle of its shadow, `width` in pixels."""
    paint = jitter(rng, CARS[rng.integers(len(CARS))])
    colours = ((40, 40, 40), shade(paint, 0.9), (92, 78, 64), paint, LAMP, LAMP, (220, 225, 228))
    for part, colour in zip(subpixel(foot + CAR_PARTS * width), colours, strict=True):
        cv2.fillPoly(picture, [part], colour, cv2.LINE_AA, SUBPIXEL_BITS)


def draw_rows(rng: Generator, picture: Bytes, camera: Camera, half_road: float) -> None:
    """What stands along both sides of the road, from far to near: fronts, trees, cars."""
    fronts, trees = ((0.95, 0.3), (0.45, 0.7), (0.05, 0.95))[rng.integers(3)]
    kerb = half_road + rng.uniform(3.0, 6.0)
    depths = [5.0]
    while depths[-1] < 70:
        depths.append(depths[-1] + rng.uniform(7, 16))
    for near, far in reversed(list(zip(depths[:-1], depths[1:], strict=True))):
        for side in (-1.0, 1.0):
            if rng.random() < fronts:
                draw_front(rng, picture, camera, side * (kerb + rng.uniform(0, 1.5)), near, far)
            if rng.random() < trees:
                ahead = rng.uniform(near, far)
                foot = camera.project(np.array([side * rng.uniform(half_road + 1, kerb + 4), 0.0, ahead]))
                draw_tree(rng, picture, foot, camera.focal * rng.uniform(4, 8) / ahead)
            if rng.random() < 0.3:
                ahead = rng.uniform(near, far) + 2
                foot = camera.project(np.array([side * rng.uniform(0.4, 1.0) * (half_road - 1), 0.0, ahead]))
                draw_car(rng, picture, foot, camera.focal * 1.8 / ahead)


def draw_scene(rng: Generator) -> Bytes:
    """A street without signs, uint8 [SIDE, SIDE, 3]."""
    camera = Camera(
        focal=rng.uniform(190, 330),
        vanishing_x=rng.uniform(0.25, 0.75) * SIDE,
        horizon=rng.uniform(0.42, 0.64) * SIDE,
        height=rng.uniform(1.2, 1.9),
    )
    picture: Bytes = np.empty((SIDE, SIDE, 3), dtype=np.uint8)
    draw_sky(rng, picture, camera.horizon)
    if rng.random() < 0.7:
        draw_skyline(rng, picture, camera.horizon, jitter(rng, (156, 150, 130)), rng.uniform(15, 60))
    draw_skyline(rng, picture, camera.horizon, jitter(rng, (84, 110, 92)), rng.uniform(6, 26))
    half_road = rng.uniform(2.8, 5.0)
    draw_ground(rng, picture, camera, half_road)
    draw_rows(rng, picture, camera, half_road)
    return picture
