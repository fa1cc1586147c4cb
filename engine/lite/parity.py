"""Whether a converted model finds what the program that it was made of finds, and how far apart is too far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.contract.text.messages import JobFailed
from engine.lite.predictor import Detections, Inputs, Predictor

SCORE_FLOOR = 0.05
"""Boxes below this score are left out: at the edge of the cut-off a rounding decides whether they are there."""
REACH = 0.25
"""A box may be so far from its partner, as a share of its longer side: further off it is another box."""


@dataclass(frozen=True)
class Bound:
    """The most that a box may be off in pixels of the input, a score, and the share of boxes without a partner.

    Where many scores are equal, as before training, a rounding decides which of two boxes suppresses the other: some
    have no partner then.
    """

    box_px: float
    score: float
    unmatched: float


BOUNDS: dict[Literal["fp32", "int8"], Bound] = {"fp32": Bound(0.01, 1e-4, 0.03), "int8": Bound(8.0, 0.25, 0.25)}


@dataclass(frozen=True)
class Parity:
    """Largest differences over all boxes that have a partner, and how many have none.

    Boxes are compared in pixels of the detector's input, scores from 0 to 1; `boxes` counts those of both sides.
    """

    box_px: float = 0.0
    score: float = 0.0
    boxes: int = 0
    unmatched: int = 0

    def __add__(self, other: Parity) -> Parity:
        box_px, score = max(self.box_px, other.box_px), max(self.score, other.score)
        return Parity(box_px, score, self.boxes + other.boxes, self.unmatched + other.unmatched)

    def within(self, bound: Bound) -> bool:
        """Whether nothing is further off than a bound admits."""
        near = self.box_px <= bound.box_px and self.score <= bound.score
        return near and self.unmatched <= bound.unmatched * self.boxes


def require_parity(parity: Parity, precision: Literal["fp32", "int8"]) -> None:
    """Raise JobFailed, with what was found and the bound, for a model that strays too far."""
    bound = BOUNDS[precision]
    if not parity.within(bound):
        raise JobFailed(
            "export.parity",
            precision=precision,
            box_px=f"{parity.box_px:.3g}",
            score=f"{parity.score:.2g}",
            unmatched=parity.unmatched,
            boxes=parity.boxes,
            most_px=f"{bound.box_px:g}",
            most_score=f"{bound.score:g}",
            most_unmatched=f"{100 * bound.unmatched:g} %",
        )


def compare(
    program_dir: Path, nb: Path, inputs: Iterable[Inputs], *, check: Callable[[], None] = lambda: None
) -> Parity:
    """Run a Paddle program and the x86 `.nb` made of it on the same pictures; raises JobFailed if either cannot."""
    found = Parity()
    with Predictor(program_dir, check=check) as program, Predictor(nb, check=check) as converted:
        for one in inputs:
            wanted, given = (in_input_pixels(side.detect(one)[0], one["scale_factor"]) for side in (program, converted))
            found += match(wanted, given)
    return found


def in_input_pixels(rows: Detections, scale_factor: NDArray[np.float32]) -> Detections:
    """Detections with their boxes where they are in the picture as it is fed, by that input of one picture."""
    height, width = scale_factor[0]
    return np.concatenate([rows[:, :2], rows[:, 2:] * np.array([width, height, width, height], np.float32)], axis=1)


def match(wanted: Detections, given: Detections) -> Parity:
    """Pair boxes of the same class by the nearest place, those of the highest score first; each is used once."""
    wanted, given = (rows[rows[:, 1] >= SCORE_FLOOR] for rows in (wanted, given))
    left = list(range(len(given)))
    box, score, unmatched = 0.0, 0.0, 0
    for row in wanted[np.argsort(-wanted[:, 1], kind="stable")]:
        near = {k: float(np.abs(given[k, 2:] - row[2:]).max()) for k in left if given[k, 0] == row[0]}
        chosen = min(near, key=near.__getitem__, default=None)
        extent = max(1.0, float(np.ptp(row[2:].reshape(2, 2), axis=0).max()))
        if chosen is None or near[chosen] > REACH * extent:
            unmatched += 1
            continue
        left.remove(chosen)
        box = max(box, near[chosen])
        score = max(score, float(np.abs(given[chosen, 1] - row[1])))
    return Parity(box, score, len(wanted) + len(given), unmatched + len(left))
