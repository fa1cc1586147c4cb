"""Whether a converted model finds what the program that it was made of finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.lite.predictor import Detections, Inputs, Predictor

SCORE_FLOOR = 0.05
"""Boxes below this score are left out: at the edge of the cut-off a rounding decides whether they are there."""


@dataclass(frozen=True)
class Parity:
    """Largest differences over all matched boxes, and how many had no match; box in pixels, score from 0 to 1."""

    box_px: float
    score: float
    boxes: int
    unmatched: int


def compare(program_dir: Path, nb: Path, inputs: Iterable[Inputs]) -> Parity:
    """Run a Paddle program and the x86 `.nb` made of it on the same pictures."""
    found = Parity(0.0, 0.0, 0, 0)
    with Predictor(program_dir) as program, Predictor(nb) as converted:
        for one in inputs:
            found = _add(found, match(program.detect(one)[0], converted.detect(one)[0]))
    return found


def match(wanted: Detections, given: Detections) -> Parity:
    """Pair boxes of the same class by the nearest score and place; each is used once."""
    wanted, given = (rows[rows[:, 1] >= SCORE_FLOOR] for rows in (wanted, given))
    left = list(range(len(given)))
    box, score, unmatched = 0.0, 0.0, 0
    for row in wanted:
        near = [k for k in left if given[k, 0] == row[0]]
        if not near:
            unmatched += 1
            continue
        # Half a box of distance counts like the whole range of scores, so that neither alone decides.
        extent = max(1.0, float(np.ptp(row[2:].reshape(2, 2), axis=0).max()))
        distance = [np.abs(given[k, 2:] - row[2:]).max() / extent + np.abs(given[k, 1] - row[1]) for k in near]
        chosen = near[int(np.argmin(distance))]
        left.remove(chosen)
        box = max(box, float(np.abs(given[chosen, 2:] - row[2:]).max()))
        score = max(score, float(np.abs(given[chosen, 1] - row[1])))
    return Parity(box, score, len(wanted), unmatched + len(left))


def _add(one: Parity, other: Parity) -> Parity:
    return Parity(
        max(one.box_px, other.box_px),
        max(one.score, other.score),
        one.boxes + other.boxes,
        one.unmatched + other.unmatched,
    )
