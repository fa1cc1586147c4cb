"""Augmentations of whole pictures on top of ppdet's operations: AutoAugment's policies, and GridMask.

Both draw from numpy's global random state alone, which the reader sets anew for every sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.detector.base.runtime import prepare

prepare()

from ppdet.data.transform import autoaugment_utils, operators  # noqa: E402
from ppdet.data.transform.gridmask_utils import Gridmask  # noqa: E402

Sample = dict[str, Any]
Boxes = NDArray[np.float32]
Policy = Sequence[Sequence[tuple[str, float, float]]]
"""Sub-policies, each a row of operations: (name, probability, level 0..10)."""

LONGER_SIDE = 640
"""Pixels of a picture of COCO; distances in the policies are pixels of such a picture."""

_SLIVER = 0.05
"""What ppdet makes of a box that has left the picture: a strip of this share along the edge, with nothing in it."""
_GREY = [128, 128, 128]


def policy_of(name: Literal["v0", "v1", "v2", "v3"]) -> Policy:
    """ppdet's policy of that name, learnt on COCO (arXiv 1906.11172)."""
    policies: dict[str, Any] = {
        "v0": autoaugment_utils.policy_v0,
        "v1": autoaugment_utils.policy_v1,
        "v2": autoaugment_utils.policy_v2,
        "v3": autoaugment_utils.policy_v3,
    }
    policy: Policy = policies[name]()
    return policy


class AutoAugmentation:
    """One sub-policy, chosen by chance, on the picture brought to COCO's size, with its boxes.

    `even` gives every operation one half, as ppdet's own AutoAugment does whatever the policy says. Unlike there, a
    box that has left the picture goes; a picture that would lose all of them stays as it was.
    """

    def __init__(self, policy: Policy, even: bool) -> None:
        self.policy = policy
        self.even = even
        self.resize = operators.Resize([LONGER_SIDE, LONGER_SIDE], keep_ratio=True, interp=1)

    def __call__(self, sample: Sample) -> Sample:
        """The sample with `image` (height, width, 3) and `gt_bbox` (boxes, 4) changed."""
        if not len(sample["gt_bbox"]):
            return sample
        if max(sample["image"].shape[:2]) != LONGER_SIDE:
            sample = self.resize(sample)
            sample["image"] = sample["image"].astype(np.uint8)  # ppdet resizes into floats, which PIL cannot take
        height, width = sample["image"].shape[:2]
        scale = np.array([height, width, height, width], np.float32)
        image, boxes, kept = self._distort(sample["image"], sample["gt_bbox"][:, [1, 0, 3, 2]] / scale)
        if not len(kept):
            return sample
        changed = {key: sample[key][kept] for key in ("gt_class", "gt_score")}
        return sample | changed | {"image": image, "gt_bbox": (boxes * scale)[:, [1, 0, 3, 2]]}

    def _distort(self, image: NDArray[Any], boxes: Boxes) -> tuple[NDArray[Any], Boxes, NDArray[np.intp]]:
        """Boxes are (y1, x1, y2, x2) as shares of the picture; also says which of them are left."""
        # In ppdet's order of draws: all operations' signs first, then the sub-policy, then each operation's chance.
        parsed = [[autoaugment_utils._parse_policy_info(*each, _GREY, {}) for each in row] for row in self.policy]
        chosen = int(np.random.randint(0, len(parsed), dtype=np.int32))  # noqa: NPY002
        kept = np.arange(len(boxes))
        for (name, _, _), (operation, chance, arguments) in zip(self.policy[chosen], parsed[chosen], strict=True):
            drawn = np.random.rand()  # noqa: NPY002
            if drawn < (0.5 if self.even else 0.0 if "Only_BBoxes" in name else 1.0 - chance):
                continue  # those on boxes alone draw for each box themselves
            image, boxes = operation(image, boxes, *arguments)
            seen = _in_picture(boxes)
            boxes, kept = boxes[seen], kept[seen]
            if not len(kept):
                break
        return image, boxes.astype(np.float32), kept


def _in_picture(boxes: Boxes) -> NDArray[np.bool_]:
    low, high = boxes[:, :2], boxes[:, 2:]
    first = (low <= 0) & (np.abs(high - _SLIVER) < 1e-6)
    last = (high >= 1) & (np.abs(low - (1 - _SLIVER)) < 1e-6)
    seen: NDArray[np.bool_] = ~(first | last | (high <= low)).any(axis=1)
    return seen


class GridMasking:
    """A grid of squares of the picture is blacked out, ever more often up to `chance` at the end of `steps`.

    Source: GridMask, arXiv 2001.04086; `share` is the part of a cell that stays in each direction.
    """

    def __init__(self, chance: float, share: float, steps: int) -> None:
        self.mask = Gridmask(ratio=share, prob=chance, upper_iter=max(1, steps))

    def __call__(self, sample: Sample) -> Sample:
        """The sample with `image` (height, width, 3) changed; boxes stay."""
        if min(sample["image"].shape[:2]) <= 2:
            return sample
        return sample | {"image": self.mask(sample["image"], sample["curr_iter"])}
