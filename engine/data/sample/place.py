"""Where a flat face stands in a picture: its homography, its exact box, and how it is pasted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from engine.data.sample.scene import SIDE
from engine.data.sample.shapes import FACE_PIXELS, FACE_REACH, Box, Bytes, Face, Floats, Points, tripled


@dataclass(frozen=True)
class Placed:
    """A face in a picture: `homography` maps its unit plane to continuous picture coordinates."""

    face: Face
    homography: NDArray[np.float64]

    @cached_property
    def bounds(self) -> Box:
        """The bounding rectangle of the warped outline; it may leave the picture."""
        points = warped(self.face.outline, self.homography)
        left, top = points.min(0).tolist()
        right, bottom = points.max(0).tolist()
        return left, top, right, bottom


def warped(points: Points, homography: NDArray[np.float64]) -> NDArray[np.float64]:
    """`points` [N, 2] through a homography [3, 3]."""
    flat: NDArray[np.float64] = np.hstack([points, np.ones((len(points), 1))])
    mapped = flat @ homography.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def pose(rng: Generator, centre: tuple[float, float], radius: float) -> NDArray[np.float64]:
    """A plane of `radius` pixels at `centre`, turned at random about all three axes, seen in perspective."""
    yaw, pitch, roll = np.deg2rad([rng.normal(0, 24), rng.normal(0, 8), rng.normal(0, 5)])
    yaw = np.clip(yaw, -1.0, 1.0)
    turn_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    turn_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    turn_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    turned = turn_x @ turn_y @ turn_z
    distance = rng.uniform(3.0, 7.0)
    # A point u, v of the plane lies at turned @ (u, v, 0); the camera looks along z from `distance`.
    plane = np.column_stack([turned[:, 0], turned[:, 1], [0, 0, distance]])
    lens = np.array([[radius * distance, 0, centre[0]], [0, radius * distance, centre[1]], [0, 0, 1]])
    return np.asarray(lens @ plane)


def shrunk(placed: Placed) -> Bytes:
    """The face's pixels at about 1.25 times their size in the picture, premultiplied BGRA."""
    left, top, right, bottom = placed.bounds
    # Shrinking by area first and warping afterwards is what keeps small signs from aliasing.
    wide = int(np.clip(np.ceil(max(right - left, bottom - top) * 1.25), 12, FACE_PIXELS))
    small = cv2.resize(placed.face.pixels, (wide, wide), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def weathered(rng: Generator, pixels: Bytes, light: float) -> Bytes:
    """A face's pixels faded, stained and lit unevenly; `light` is the brightness of its surroundings."""
    size = pixels.shape[1::-1]
    lit = cv2.resize(rng.uniform(0.85, 1.15, (2, 2)).astype(np.float32), size)
    dirt = rng.normal(0, rng.uniform(0.01, 0.12), (7, 7)).astype(np.float32)
    lit = lit - np.abs(cv2.resize(dirt, size, interpolation=cv2.INTER_CUBIC))
    tint = (np.clip(rng.normal(1, 0.05, 3), 0.8, 1.2) * light).astype(np.float32)
    fade = np.float32(rng.beta(1.2, 4) * 0.6)
    alpha, colours = pixels[..., 3].astype(np.float32), pixels[..., :3].astype(np.float32)
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGRA2GRAY) * np.float32(0.6) + alpha * np.float32(0.3)
    colours = (colours * (1 - fade) + tripled(grey * fade)) * tripled(lit) * tint
    colours = np.clip(colours, 0, tripled(alpha)).round().astype(np.uint8)
    return np.asarray(cv2.merge([*cv2.split(colours), pixels[..., 3]]), dtype=np.uint8)


def paste(picture: Bytes, placed: Placed, pixels: Bytes) -> Floats:
    """Blend a face's premultiplied BGRA `pixels` into `picture`; returns its alpha [SIDE, SIDE] of 0..1."""
    left, top, right, bottom = placed.bounds
    alpha = np.zeros((SIDE, SIDE), dtype=np.float32)
    x0, y0 = max(0, int(left) - 3), max(0, int(top) - 3)
    x1, y1 = min(SIDE, int(right) + 4), min(SIDE, int(bottom) + 4)
    if x1 <= x0 or y1 <= y0:
        return alpha
    scale = 2 * FACE_REACH / pixels.shape[0]
    corner = 0.5 * scale - FACE_REACH
    to_unit = np.array([[scale, 0, corner], [0, scale, corner], [0, 0, 1]])
    to_patch = np.array([[1, 0, -0.5 - x0], [0, 1, -0.5 - y0], [0, 0, 1]], dtype=np.float64)
    matrix = to_patch @ placed.homography @ to_unit
    patch = cv2.warpPerspective(pixels, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR).astype(np.float32)
    share = patch[..., 3] * np.float32(1 / 255)
    under = picture[y0:y1, x0:x1]
    under[:] = np.clip(under * tripled(1 - share) + patch[..., :3] + np.float32(0.5), 0, 255)
    alpha[y0:y1, x0:x1] = share
    return alpha


def stand(rng: Generator, picture: Bytes, placed: Placed, light: float) -> Floats:
    """Paste a weathered face; returns its alpha [SIDE, SIDE] of 0..1."""
    return paste(picture, placed, weathered(rng, shrunk(placed), light))
