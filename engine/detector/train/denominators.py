"""What losses are divided by, the same on all ranks, so that the mean of their gradients is that of the whole batch.

YOLOv3 divides by pictures and PicoDet's head asks the other ranks itself. SSD divides by the objects' priors of its
batch, a box head by the regions that were sampled: a rank with few of them would count for more than it has seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.detector.base.runtime import prepare

prepare()

from paddle import Tensor, nn  # noqa: E402

Mean = Callable[[float], float]
"""Of a number of this rank over all ranks; to be asked by all of them at once."""


def share_denominators(network: nn.Layer, mean: Mean, ranks: int) -> None:
    """Have the losses of a network be divided by what all `ranks` counted together."""
    for layer in network.sublayers(include_self=True):
        if hasattr(layer, "_bipartite_match_for_batch"):
            _share_priors(layer, mean, ranks)
        elif hasattr(layer, "bbox_assigner") and hasattr(layer, "get_loss"):
            _share_regions(layer, mean)


def _share_priors(loss: nn.Layer, mean: Mean, ranks: int) -> None:
    """SSD's loss, which divides by the priors that have an object, and by 1 where there are none."""
    match, plain, counted = loss._bipartite_match_for_batch, loss.forward, [0.0]

    def matched(boxes: Any, labels: Any, priors: Any, background: int) -> Any:
        found = match(boxes, labels, priors, background)
        counted[0] = float((found[1] != background).astype("float32").sum())
        return found

    def forward(*args: Any, **named: Any) -> Tensor:
        total = plain(*args, **named)
        return total * (max(counted[0], 1.0) / max(mean(counted[0]), 1.0 / ranks))

    loss._bipartite_match_for_batch, loss.forward = matched, forward


def _share_regions(head: nn.Layer, mean: Mean) -> None:
    """A box head's losses, each a mean over the regions of all pictures of a batch."""
    plain = head.get_loss

    def get_loss(scores: Any, deltas: Any, targets: Any, *args: Any, **named: Any) -> dict[str, Tensor]:
        losses = plain(scores, deltas, targets, *args, **named)
        ours = float(sum(len(labels) for labels in targets[0]))
        share = ours / max(mean(ours), 1.0)
        return {name: value * share for name, value in losses.items()}

    head.get_loss = get_loss
