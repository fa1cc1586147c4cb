"""What light, lens, sensor and file format do to a drawn picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from engine.data.sample.shapes import Bytes, Floats, tripled

GRAIN = (np.arange(256, dtype=np.uint8).view(np.int8) + np.float32(0.5)) * np.float32(np.sqrt(12) / 256)
"""What each random level of `grain` stands for, [256]: zero mean, unit deviation."""


def looked_up(levels: Bytes, table: Floats) -> Floats:
    """`table` [256] at each of `levels`."""
    return np.asarray(cv2.LUT(levels, table[None]), dtype=np.float32)


def shadowed(rng: Generator, picture: Bytes) -> Bytes:
    """`picture` with the soft shadow of something outside it lying across."""
    rows, columns = picture.shape[:2]
    middle = rng.uniform(0, 1, 2) * [columns, rows]
    angles = np.sort(rng.uniform(0, 2 * np.pi, 5))
    reach = rng.uniform(0.3, 0.8, 5) * columns
    corners = middle + np.stack([np.cos(angles), np.sin(angles)], axis=1) * reach[:, None]
    dark = rng.uniform(0.4, 0.8)
    mask = np.ones((rows, columns), dtype=np.float32)
    cv2.fillPoly(mask, [corners.round().astype(np.int32)], dark)
    mask = np.asarray(cv2.blur(mask, (int(rng.integers(3, 18)),) * 2), dtype=np.float32)
    return np.asarray(cv2.multiply(picture, tripled(mask), dtype=cv2.CV_8U), dtype=np.uint8)


def tone_curve(rng: Generator) -> Bytes:
    """Exposure, gamma and white balance as a table [1, 256, 3] from levels to levels."""
    gain = np.exp(rng.normal(0.12, 0.18)) * (0.55 if rng.random() < 0.15 else 1.0)
    gamma = np.exp(rng.normal(-0.05, 0.2))
    warmth = rng.normal(0, 0.09)
    balance = np.array([1 - warmth, 1 + rng.normal(0, 0.02), 1 + warmth])
    level = (np.arange(256)[:, None] / 255.0) ** gamma * gain * balance
    # A soft shoulder, as cameras have one: bright parts are squeezed before they clip.
    level = np.where(level > 0.8, 0.8 + 0.2 * np.tanh((level - 0.8) / 0.2), level)
    return np.asarray(np.clip(np.round(255 * level), 0, 255), dtype=np.uint8)[None]


def motion_kernel(length: float, angle: float) -> Floats:
    """A centred line of `length` pixels at `angle` radians that sums to one."""
    size = int(np.ceil(length)) // 2 * 2 + 3
    kernel = np.zeros((size, size), dtype=np.float32)
    half = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    ends = np.round((size // 2 + np.stack([-half, half])) * 16).astype(np.int32)
    cv2.line(kernel, ends[0].tolist(), ends[1].tolist(), 1.0, 1, cv2.LINE_AA, 4)
    # Symmetric about its middle, or the blur would shift signs away from their boxes.
    kernel = kernel + kernel[::-1, ::-1]
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


def blurred(rng: Generator, picture: Bytes) -> Bytes:
    """`picture` out of focus, from a moving camera, or through haze; never shifted."""
    if rng.random() < 0.75:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.35, 1.9)), dtype=np.uint8)
    if rng.random() < 0.4:
        angle = rng.normal(0, 0.35) if rng.random() < 0.7 else rng.uniform(0, np.pi)
        kernel = motion_kernel(rng.uniform(2, 12), angle)
        moved = cv2.filter2D(picture, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        picture = np.asarray(moved, dtype=np.uint8)
    if rng.random() < 0.2:
        veil, glow = rng.uniform(0.15, 0.45), rng.uniform(150, 225)
        picture = np.asarray(cv2.convertScaleAbs(picture, alpha=1 - veil, beta=veil * glow), dtype=np.uint8)
    return picture


def grain(rng: Generator, shape: tuple[int, ...]) -> Bytes:
    """Evenly spread random levels, a tenth of the time of normal ones; `GRAIN` says what they stand for."""
    return np.frombuffer(rng.bytes(int(np.prod(shape))), dtype=np.uint8).reshape(shape)


def noisy(rng: Generator, picture: Bytes) -> Bytes:
    """`picture` with shot and read noise, partly shared by the three colours."""
    strength = np.float32(rng.gamma(1.6, 2.6))
    spread = strength * np.sqrt(np.float32(0.3) + np.arange(256, dtype=np.float32) / 180)
    own, shared = grain(rng, picture.shape), grain(rng, picture.shape[:2])
    bright = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    stored = np.empty_like(picture)
    # In bands of rows, which stay in the processor's cache from one step to the next.
    for first in range(0, len(picture), 16):
        band = slice(first, first + 16)
        moved = looked_up(own[band], GRAIN * np.float32(0.55))
        moved += tripled(looked_up(shared[band], GRAIN * np.float32(0.8)))
        moved *= tripled(looked_up(np.asarray(bright[band], dtype=np.uint8), spread))
        moved += picture[band]
        moved += np.float32(0.5)
        stored[band] = np.minimum(np.maximum(moved, 0), 255)
    return stored


def photographed(rng: Generator, picture: Bytes) -> Bytes:
    """The drawn picture, uint8 [rows, columns, 3], as a cheap moving camera would have stored it."""
    seen = np.asarray(cv2.LUT(picture, tone_curve(rng)), dtype=np.uint8)
    if rng.random() < 0.4:
        seen = shadowed(rng, seen)
    seen = noisy(rng, blurred(rng, seen))
    if rng.random() < 0.5:
        quality = int(rng.integers(22, 75))
        coded = np.frombuffer(encoded(seen, quality), dtype=np.uint8)
        seen = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)
    return seen


def encoded(picture: Bytes, quality: int) -> bytes:
    """`picture` as a JPEG file of `quality` 0..100."""
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])
