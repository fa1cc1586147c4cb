"""The rows of a head that belong to classes, matched by the classes' names.

Weights of the same detector fit by shape alone wherever there are as many classes, whatever they are called: rows of
one class would silently become another's. So the rows of each class are moved to where the network has it; where
it has more or fewer classes, the shared ones keep their rows, and the others' stay as the network has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class _Layout:
    """What a class layer gives for each of its anchors: `before`, then `each` for every class, then `after`."""

    names: re.Pattern[str]
    before: int = 0
    each: int = 1
    after: int = 0


LAYOUTS = (
    # Box and objectness come before the classes of each anchor.
    _Layout(re.compile(r"yolo_head\.yolo_output\.\d+\.(weight|bias)"), before=5),
    # The background comes last.
    _Layout(re.compile(r"ssd_head\.scores\d+\.(pw_conv\.)?(weight|bias)"), after=1),
    _Layout(re.compile(r"bbox_head\.bbox_score(_stage\d+)?\.(weight|bias)"), after=1),
    # Four corners for each class; those of a cascade's stages are of all classes together.
    _Layout(re.compile(r"bbox_head\.bbox_delta\.(weight|bias)"), each=4),
    _Layout(re.compile(r"head\.head_cls(_list\.)?\d+\.(weight|bias)")),
)


@dataclass(frozen=True)
class NamedClasses:
    """How two lists of classes go together: places (theirs, ours) of the shared ones, who is new, who is left out."""

    shared: tuple[tuple[int, int], ...]
    new: tuple[str, ...]
    left_out: tuple[str, ...]


def match_classes(theirs: Sequence[str], ours: Sequence[str]) -> NamedClasses:
    """Classes of one name, as written; where that finds none, but for case and blanks at the ends."""
    shared: list[tuple[int, int]] = []
    for key in (str, _plain):
        places = _places(theirs, key)
        known, free = {b for _, b in shared}, {a for a, _ in shared}
        for place, name in enumerate(ours):
            found = places.get(key(name))
            if place not in known and found is not None and found not in free:
                shared.append((found, place))
                free.add(found)
    taken, given = {a for a, _ in shared}, {b for _, b in shared}
    return NamedClasses(
        shared=tuple(sorted(shared, key=lambda pair: pair[1])),
        new=tuple(name for place, name in enumerate(ours) if place not in given),
        left_out=tuple(name for place, name in enumerate(theirs) if place not in taken),
    )


def _plain(name: str) -> str:
    return name.strip().casefold()


def _places(names: Sequence[str], key: Any) -> dict[str, int]:
    """Where each name stands; without those that stand there twice."""
    found = [key(name) for name in names]
    return {name: place for place, name in enumerate(found) if found.count(name) == 1}


def by_name(
    arrays: Mapping[str, Array], fresh: Mapping[str, Array], theirs: Sequence[str], ours: Sequence[str]
) -> dict[str, Array]:
    """The `arrays` of a network of the classes `theirs`, for one of `ours`; `fresh` are that network's own.

    A class tensor that does not have the rows it should is left out, so that the network keeps its own.
    """
    matched = match_classes(theirs, ours)
    found = {}
    for name, value in arrays.items():
        layout = next((one for one in LAYOUTS if one.names.fullmatch(name)), None)
        if layout is None:
            found[name] = value
        elif name in fresh:
            moved = _moved(layout, value, fresh[name], matched, (len(theirs), len(ours)))
            if moved is not None:
                found[name] = moved
    return found


def _moved(layout: _Layout, value: Array, fresh: Array, matched: NamedClasses, counts: tuple[int, int]) -> Array | None:
    # A fully connected layer has its outputs in the second place, a convolution in the first.
    axis = 1 if value.ndim == 2 else 0
    old, new = (np.moveaxis(array, axis, 0) for array in (value, fresh))
    sizes = [layout.before + count * layout.each + layout.after for count in counts]
    anchors = old.shape[0] // sizes[0]
    if old.shape != (anchors * sizes[0], *new.shape[1:]) or new.shape[0] != anchors * sizes[1]:
        return None
    source, target = old.reshape(anchors, sizes[0], -1), new.reshape(anchors, sizes[1], -1).copy()
    target[:, : layout.before] = source[:, : layout.before]
    if layout.after:
        target[:, -layout.after :] = source[:, -layout.after :]
    for a, b in matched.shared:
        here, there = (layout.before + place * layout.each for place in (b, a))
        target[:, here : here + layout.each] = source[:, there : there + layout.each]
    return np.ascontiguousarray(np.moveaxis(target.reshape(new.shape), 0, axis).astype(value.dtype))
