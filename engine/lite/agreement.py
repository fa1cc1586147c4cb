"""Whether two runs of a model find the same: one rule for a phone, an emulated one, and a file for this machine.

Looked at are boxes that are sure enough to matter. Two are the same box if they are of one class and lie in one place:
they overlap, and no edge is further apart than a tenth of the input's side. A confident box that has no such partner,
or one of quite another score, is told by name, and then the word is never simply that both agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.contract.text.messages import Argument, Message

Detections = NDArray[np.float32]
Verdict = Literal["agrees", "nearly", "differs", "nothing"]

CONFIDENT = 0.5
"""From this score on each box counts by itself."""
SURE = 0.3
"""From this score on boxes are asked for; where there are none, those above `FLOOR`."""
FLOOR = 0.05
"""Below this score nothing is looked at: at the edge of the cut-off a rounding decides."""
SHARE = 0.9
"""So many of the sure boxes must have a partner that lies as they do."""
CLOSE = 0.75
"""How far partners overlap (IoU) that lie alike; those of a confident box by `SAME` at least."""
SAME = 0.5
FAR = 0.1
"""No edge of a partner may be further off, as a share of the input's side."""
NEAR = 0.0125
"""Edges that lie as near as that are alike, however small the box: 2 px of 160."""
SCORE = 0.25
"""How far the scores of a confident box and its partner may be apart."""
FEW = 0.1
"""With more confident boxes astray than this share of them, and more than one, both do not agree."""
FULL = 100
"""Detections from which on a list may be cut off: the smallest limit of the detectors here."""
TIE = 0.01
"""Scores that lie so near to each other are in a tie."""


@dataclass(frozen=True)
class Pair:
    """A box and what lies nearest to it of its class on the other side, if anything does.

    `picture` is a place in the pictures compared, `here` and `there` are scores, `px` the furthest that an edge is off.
    """

    picture: int
    class_id: int
    here: float | None
    there: float | None
    px: float | None = None
    overlap: float = 0.0
    of_there: bool = False
    """Whether it is a box of the other side for which a partner was looked for here."""

    @property
    def sureness(self) -> float:
        """The score of the box that a partner was looked for."""
        return (self.there if self.of_there else self.here) or 0.0

    def lies_alike(self, size: int, overlap: float) -> bool:
        """Whether both are in one place, as boxes that overlap by `overlap` are."""
        if self.px is None:
            return False
        return self.px <= FAR * size and (self.overlap >= overlap or self.px <= NEAR * size)

    def is_astray(self, size: int) -> bool:
        """Whether a confident box is without a partner, or has one that is another box."""
        if self.here is None or self.there is None or not self.lies_alike(size, SAME):
            return True
        return abs(self.here - self.there) > SCORE


@dataclass(frozen=True)
class Agreement:
    """The sure boxes of both sides with their partners (`pairs`), at an input of `size` pixels."""

    pairs: tuple[Pair, ...]
    size: int

    @property
    def asked(self) -> int:
        """How many sure boxes there are on both sides together."""
        return len(self.pairs)

    @property
    def alike(self) -> tuple[Pair, ...]:
        """Those that have a partner that lies as they do."""
        return tuple(pair for pair in self.pairs if pair.lies_alike(self.size, CLOSE))

    @property
    def strays(self) -> tuple[Pair, ...]:
        """The confident boxes that have none, the most confident first."""
        found = [pair for pair in self.pairs if pair.sureness >= CONFIDENT and pair.is_astray(self.size)]
        return tuple(sorted(found, key=lambda pair: -pair.sureness))

    @property
    def verdict(self) -> Verdict:
        """In one word; `nearly`: but for `strays`."""
        if not self.pairs:
            return "nothing"
        confident = sum(pair.sureness >= CONFIDENT for pair in self.pairs)
        strays = len(self.strays)
        if len(self.alike) < SHARE * self.asked or strays > max(1.0, FEW * confident):
            return "differs"
        return "nearly" if strays else "agrees"

    @property
    def median_px(self) -> float:
        """Half of the partners are no further apart."""
        found = sorted(pair.px for pair in self._matched() if pair.px is not None)
        return found[len(found) // 2] if found else 0.0

    @property
    def box_px(self) -> float:
        """The furthest that two partners are apart."""
        return max((pair.px for pair in self._matched() if pair.px is not None), default=0.0)

    @property
    def score(self) -> float:
        """The largest difference of the scores of two partners."""
        return max((abs(pair.here - pair.there) for pair in self._matched() if pair.here and pair.there), default=0.0)

    @property
    def worst(self) -> Pair | None:
        """The pair to look at first: a stray, else one that has no partner, else the two that are furthest apart."""
        if self.strays:
            return self.strays[0]
        alone = [pair for pair in self.pairs if not pair.lies_alike(self.size, SAME)]
        if alone:
            return max(alone, key=lambda pair: pair.sureness)
        return max(self.pairs, key=lambda pair: pair.px or 0.0, default=None)

    def _matched(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.lies_alike(self.size, SAME)]


def in_words(pair: Pair, size: int, classes: Sequence[str], pictures: Sequence[str]) -> Message:
    """A pair for a person: class, scores, distance and picture; `here` is Paddle, `there` the converted model."""
    known = 0 <= pair.class_id < len(classes)
    args: dict[str, Argument] = {
        "name": classes[pair.class_id] if known else str(pair.class_id),
        "picture": pictures[pair.picture] if pair.picture < len(pictures) else f"#{pair.picture + 1}",
    }
    scores = {"here": round(pair.here or 0.0, 2), "there": round(pair.there or 0.0, 2)}
    if pair.px is None:
        code = "parity.only_there" if pair.of_there else "parity.only_here"
        return Message(code=code, args={**args, "score": round(pair.sureness, 2)})
    args |= {"px": round(pair.px, 1), "percent": round(100 * pair.px / size, 1), **scores}
    if pair.lies_alike(size, SAME):
        return Message(code="parity.pair", args=args)
    return Message(code="parity.astray_there" if pair.of_there else "parity.astray_here", args=args)


def compare_boxes(pictures: Sequence[tuple[Detections, Detections]], size: int) -> Agreement:
    """The boxes of each picture, rows of class, score and corners in pixels of the input, here and there."""
    pairs = [pair for place, (here, there) in enumerate(pictures) for pair in _pairs(place, here, there)]
    return Agreement(tuple(pairs), size)


def _pairs(place: int, here: Detections, there: Detections) -> Iterator[Pair]:
    """Each sure box of either side with its partner; one may be the partner of several.

    It is chance which of two boxes in one place suppresses the other, so that one side may have both and one has one.
    """
    floor = _floor(here, there)
    for mine, others, swapped in ((here, there, False), (there, here, True)):
        # A partner may lie a little below the floor: at its edge a rounding decides.
        others = others[others[:, 1] >= max(FLOOR, 0.5 * floor)] if len(others) else others
        for row in mine[mine[:, 1] >= floor]:
            found = _partner(row, others[others[:, 0] == row[0]])
            ours, (theirs, px, overlap) = float(row[1]), found
            mine_here, mine_there = (theirs, ours) if swapped else (ours, theirs)
            yield Pair(place, int(row[0]), mine_here, mine_there, px, overlap, of_there=swapped)


def _floor(here: Detections, there: Detections) -> float:
    """The score from which on boxes of a picture are asked for."""
    sides = (here, there)
    floor = SURE if any((rows[:, 1] >= SURE).any() for rows in sides) else FLOOR
    for rows in sides:
        # In a full list it is chance which of the boxes with the lowest score are in it.
        if len(rows) >= FULL:
            floor = max(floor, float(rows[:, 1].min()) + TIE)
    return floor


def _partner(row: Detections, others: Detections) -> tuple[float | None, float | None, float]:
    """Score, distance and overlap of the box that a box is; of its class nothing may be there at all."""
    if not len(others):
        return None, None, 0.0
    overlaps = _overlap(row[2:], others[:, 2:])
    offsets = np.abs(others[:, 2:] - row[2:]).max(axis=1)
    # Of two in one place the likelier is meant; what overlaps nothing is measured to the nearest.
    best = int((overlaps - np.abs(others[:, 1] - row[1])).argmax()) if overlaps.max() >= SAME else int(offsets.argmin())
    return float(others[best, 1]), float(offsets[best]), float(overlaps[best])


def _overlap(box: Detections, boxes: Detections) -> Detections:
    """Intersection over union of a box with several."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod()
    return np.asarray(shared / np.maximum(areas - shared, 1e-9), np.float32)
