"""What stands in front of signs: posts, branches and bushes."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from engine.data.sample.scene import SIDE, draw_tree, jitter
from engine.data.sample.shapes import Box, Bytes, Colour, Floats, Points, fill, regular

LEAVES: tuple[Colour, ...] = ((52, 106, 66), (50, 140, 120), (40, 90, 150))
SOLID: Colour = (255, 255, 255)


class Cover:
    """A picture with things drawn over it, and where they are."""

    def __init__(self, picture: Bytes) -> None:
        self.picture = picture.copy()
        self.mask: Bytes = np.zeros_like(picture)

    def share(self) -> Floats:
        """How much of each pixel is covered, [rows, columns] of 0..1."""
        return self.mask[..., 0].astype(np.float32) / 255

    def fill(self, points: Points, colour: Colour) -> None:
        """Draw a polygon [N, 2] in front."""
        fill(self.picture, points, colour)
        fill(self.mask, points, SOLID)

    def occlude(self, rng: Generator, box: Box) -> None:
        """Put a post, a branch or a bush somewhere before `box`."""
        left, top, right, bottom = box
        width, height = right - left, bottom - top
        x, y = left + rng.uniform(-0.05, 1.05) * width, top + rng.uniform(0, 1) * height
        kind = rng.random()
        if kind < 0.35:
            self.post(rng, x, width)
        elif kind < 0.85:
            self.branch(rng, np.array([x, y]), np.array([width, height]))
        else:
            self.bush(rng, np.array([x, bottom + height * rng.uniform(0.2, 0.6)]), height * 1.1)

    def post(self, rng: Generator, foot: float, width: float) -> None:
        """A leaning post through the whole picture, thin against a sign of `width` pixels."""
        head, half = foot + rng.normal(0, 0.06) * SIDE, max(0.8, width * rng.uniform(0.04, 0.13))
        ends = [[head - half, -5], [head + half, -5], [foot + half, SIDE + 5], [foot - half, SIDE + 5]]
        self.fill(np.array(ends), jitter(rng, (96, 98, 104), 30))

    def branch(self, rng: Generator, middle: Points, size: Points) -> None:
        """Leaves around `middle`, for a sign of `size` (width, height)."""
        green = jitter(rng, LEAVES[rng.integers(len(LEAVES))], 14)
        count = int(rng.integers(4, 16))
        spread = rng.normal(0, 0.22, (count, 2)) * size
        for offset, turn in zip(spread, rng.uniform(0, 360, count).tolist(), strict=True):
            leaf = regular(10, turn) * ([0.16, 0.08] * size) + middle + offset
            self.fill(leaf, jitter(rng, green, 14))

    def bush(self, rng: Generator, foot: Points, height: float) -> None:
        """A small tree of `height` pixels."""
        state = rng.bit_generator.state
        draw_tree(rng, self.picture, foot, height)
        # The same tree once more on black ground, to tell what it covers.
        rng.bit_generator.state = state
        alone = np.zeros_like(self.picture)
        draw_tree(rng, alone, foot, height)
        self.mask[alone.any(axis=2)] = 255
