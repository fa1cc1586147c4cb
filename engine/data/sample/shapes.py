"""Outlines in unit coordinates and the canvas on which the sample's flat faces are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Colour = tuple[int, int, int]
"""Blue, green, red, each 0..255."""
Points = NDArray[np.float32] | NDArray[np.float64]
"""Coordinates x, y [..., 2], or x, y, z [..., 3]."""

FACE_PIXELS = 256
FACE_REACH = 1.1
"""A face's canvas spans [-FACE_REACH, FACE_REACH], so that an outline in [-1, 1] keeps a margin."""
SUBPIXEL_BITS = 5

Box = tuple[float, float, float, float]
"""Left, top, right, bottom. In pixels, pixel i covers [i, i + 1)."""


def subpixel(points: Points) -> NDArray[np.int32]:
    """Continuous picture coordinates [..., 2] as OpenCV's fixed-point pixel-centre coordinates."""
    # Pixel i covers [i, i + 1) here, while OpenCV puts its centre at i.
    return np.asarray(np.round((points - 0.5) * (1 << SUBPIXEL_BITS)), dtype=np.int32)


def fill(picture: Bytes, points: Points, colour: Colour) -> None:
    """Fill one polygon [N, 2], or several of equal length [K, N, 2], with smooth edges."""
    fixed = subpixel(points)
    polygons = [fixed] if fixed.ndim == 2 else list(fixed)
    cv2.fillPoly(picture, polygons, colour, cv2.LINE_AA, SUBPIXEL_BITS)


def tripled(plane: Floats) -> Floats:
    """One plane [rows, columns] as [rows, columns, 3]; numpy is slow to broadcast along so short an axis."""
    return np.asarray(cv2.merge([plane, plane, plane]), dtype=np.float32)


@cache
def regular(sides: int, turn: float = 0.0, radius: float = 1.0) -> Floats:
    """The corners [sides, 2] of a regular polygon; `turn` in degrees, 0 puts a corner at the top."""
    angles = np.deg2rad(turn - 90.0 + 360.0 / sides * np.arange(sides))
    corners: Floats = (radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.float32)
    corners.flags.writeable = False
    return corners


def rectangle(left: float, top: float, right: float, bottom: float) -> Floats:
    """The four corners of an upright rectangle, [4, 2]."""
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float32)


def rounded(corners: Floats, radius: float, steps: int = 7) -> Floats:
    """`corners` of a convex polygon with each corner replaced by an arc of `radius`."""
    points = []
    for before, corner, after in zip(np.roll(corners, 1, 0), corners, np.roll(corners, -1, 0), strict=True):
        inward = (before - corner) / np.linalg.norm(before - corner)
        outward = (after - corner) / np.linalg.norm(after - corner)
        half = np.arccos(np.clip(np.dot(inward, outward), -1, 1)) / 2
        centre = corner + (inward + outward) / np.linalg.norm(inward + outward) * radius / np.sin(half)
        first = corner + inward * radius / np.tan(half) - centre
        last = corner + outward * radius / np.tan(half) - centre
        for share in np.linspace(0, 1, steps):
            direction = first * (1 - share) + last * share
            points.append(centre + direction / np.linalg.norm(direction) * radius)
    return np.array(points, dtype=np.float32)


@dataclass(frozen=True)
class Face:
    """A flat thing from the front: premultiplied BGRA [256, 256, 4], and its outline [N, 2] in [-1, 1]."""

    pixels: Bytes
    outline: Floats


class Canvas:
    """Draws one face in unit coordinates: x to the right, y down, the outline inside [-1, 1]."""

    def __init__(self, outline: Floats, colour: Colour) -> None:
        self.outline = outline
        self.picture: Bytes = np.zeros((FACE_PIXELS, FACE_PIXELS, 3), dtype=np.uint8)
        self.fill(rectangle(-FACE_REACH, -FACE_REACH, FACE_REACH, FACE_REACH), colour)

    def fill(self, points: Floats, colour: Colour) -> None:
        """Fill a polygon [N, 2]."""
        fill(self.picture, to_canvas(points), colour)

    def line(self, points: list[tuple[float, float]], width: float, colour: Colour) -> None:
        """Draw a polyline of `width` with round joints."""
        fixed = subpixel(to_canvas(np.array(points, dtype=np.float32)))
        thickness = max(1, round(width * FACE_PIXELS / (2 * FACE_REACH)))
        cv2.polylines(self.picture, [fixed], False, colour, thickness, cv2.LINE_AA, SUBPIXEL_BITS)

    def text(self, words: str, box: Box, weight: float, colour: Colour) -> None:
        """Write `words` stretched into `box`, with a stroke of `weight`, about 0.05..0.3."""
        font, scale = cv2.FONT_HERSHEY_SIMPLEX, 4.0
        stroke = max(1, round(weight * 100))
        (width, height), below = cv2.getTextSize(words, font, scale, stroke)
        ink = np.zeros((height + below + 2 * stroke, width + 2 * stroke), dtype=np.uint8)
        cv2.putText(ink, words, (stroke, height + stroke), font, scale, 255, stroke, cv2.LINE_AA)
        used_rows, used_columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
        ink = ink[used_rows[0] : used_rows[-1] + 1, used_columns[0] : used_columns[-1] + 1]
        corners = to_canvas(np.array([box[:2], box[2:]], dtype=np.float32)).round().astype(int)
        (left, top), (right, bottom) = corners.tolist()
        share = cv2.resize(ink, (right - left, bottom - top), interpolation=cv2.INTER_AREA)[..., None] / 255.0
        patch = self.picture[top:bottom, left:right]
        patch[:] = np.round(patch * (1 - share) + np.array(colour) * share)

    def face(self) -> Face:
        """What was drawn, cut out along the outline."""
        # OpenCV's smooth edge is half a pixel too fat, and boxes are judged finer: fill large, then average.
        finer = 4
        large = np.zeros((finer * FACE_PIXELS, finer * FACE_PIXELS), dtype=np.uint8)
        cv2.fillPoly(large, [subpixel(to_canvas(self.outline) * finer)], 255, cv2.LINE_8, SUBPIXEL_BITS)
        alpha = cv2.resize(large, (FACE_PIXELS, FACE_PIXELS), interpolation=cv2.INTER_AREA)
        colours = np.round(self.picture * (alpha[..., None] / 255.0)).astype(np.uint8)
        return Face(np.dstack([colours, alpha]), self.outline)


def to_canvas(points: Floats) -> Floats:
    """Unit coordinates as continuous pixel coordinates of a face's canvas."""
    return (points + FACE_REACH) * np.float32(FACE_PIXELS / (2 * FACE_REACH))
