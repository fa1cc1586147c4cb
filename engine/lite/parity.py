"""How far the numbers of a file for this machine stray from the program that it was made of, and how far is too far.

That both find the same boxes is judged besides, by `lite.agreement`; this is what tells a fault of the conversion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.contract.text.messages import JobFailed
from engine.lite.agreement import Agreement, compare_boxes
from engine.lite.predictor import Detections, Inputs, Predictor

SCORE_FLOOR = 0.05
"""Boxes below this score are left out: at the edge of the cut-off a rounding decides whether they are there."""
REACH = 0.25
"""A box may be so far from its partner, as a share of its longer side: further off it is another box."""


@dataclass(frozen=True)
class Bound:
    """The most that a file may stray: `share` of the boxes by no more than `box_px` and `score`.

    Boxes in pixels of the input; a box without a partner strays by more than any bound. The rest is for boxes whose
    scores are equal but for rounding, as before training: it is chance which of two suppresses the other.
    """

    box_px: float
    score: float
    share: float


BOUNDS: dict[Literal["fp32", "int8"], Bound] = {"fp32": Bound(0.01, 1e-4, 0.97), "int8": Bound(2.0, 0.05, 0.5)}
"""int8 sums in whole numbers here and in floats in Paddle: half of the boxes and more must be as near as that."""


@dataclass(frozen=True)
class Parity:
    """How far each box is from its partner, in pixels of what is compared and in score, and how many have none.

    Both sides are counted: two boxes that are partners are two, at the same distance.
    """

    offsets: tuple[tuple[float, float], ...] = ()
    unmatched: int = 0

    def __add__(self, other: Parity) -> Parity:
        return Parity(self.offsets + other.offsets, self.unmatched + other.unmatched)

    @property
    def boxes(self) -> int:
        """All boxes of both sides."""
        return 2 * len(self.offsets) + self.unmatched

    @property
    def box_px(self) -> float:
        """The furthest that a box is from its partner."""
        return max((box for box, _ in self.offsets), default=0.0)

    @property
    def score(self) -> float:
        """The largest difference of scores of partners."""
        return max((score for _, score in self.offsets), default=0.0)

    def within(self, bound: Bound) -> bool:
        """Whether it strays by no more than a bound admits."""
        near = sum(box <= bound.box_px and score <= bound.score for box, score in self.offsets)
        return 2 * near >= bound.share * self.boxes


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
            share=f"{100 * bound.share:g}",
            most_px=f"{bound.box_px:g}",
            most_score=f"{bound.score:g}",
        )


def compare(
    program_dir: Path, nb: Path, inputs: Iterable[Inputs], *, check: Callable[[], None] = lambda: None
) -> tuple[Parity, Agreement]:
    """Run a Paddle program and the x86 `.nb` made of it on the same pictures; raises JobFailed if either cannot."""
    found, seen, size = Parity(), [], 1
    with Predictor(program_dir, check=check) as program, Predictor(nb, check=check) as converted:
        for one in inputs:
            wanted, given = (in_input_pixels(side.detect(one)[0], one["scale_factor"]) for side in (program, converted))
            found += match(wanted, given)
            seen.append((wanted, given))
            size = one["image"].shape[-1]
    return found, compare_boxes(seen, size)


def in_input_pixels(rows: Detections, scale_factor: NDArray[np.float32]) -> Detections:
    """Detections with their boxes where they are in the picture as it is fed, by that input of one picture."""
    height, width = scale_factor[0]
    return np.concatenate([rows[:, :2], rows[:, 2:] * np.array([width, height, width, height], np.float32)], axis=1)


def match(wanted: Detections, given: Detections) -> Parity:
    """Pair boxes of the same class by the nearest place and score, the highest scores first; each is used once."""
    wanted, given = (rows[rows[:, 1] >= SCORE_FLOOR] for rows in (wanted, given))
    free = np.ones(len(given), bool)
    offsets = []
    for row in wanted[np.argsort(-wanted[:, 1], kind="stable")]:
        places = np.abs(given[:, 2:] - row[2:]).max(axis=1, initial=0.0)
        scores = np.abs(given[:, 1] - row[1])
        extent = max(1.0, float(np.ptp(row[2:].reshape(2, 2), axis=0).max()))
        possible = free & (given[:, 0] == row[0]) & (places <= REACH * extent)
        if possible.any():
            # The range of scores counts like the length of a box: of two in one place the likelier is meant.
            chosen = int(np.where(possible, places / extent + scores, np.inf).argmin())
            free[chosen] = False
            offsets.append((float(places[chosen]), float(scores[chosen])))
    return Parity(tuple(offsets), len(wanted) + len(given) - 2 * len(offsets))
