"""PicoDet's head (arXiv 2111.00902) as it trains here: at any length of training, and on pictures without objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.detector.base.runtime import prepare

prepare()

import paddle  # noqa: E402
from paddle import Tensor, nn  # noqa: E402
from ppdet.modeling.heads.pico_head import PicoHeadV2  # noqa: E402

STATIC_SHARE = 1 / 3
"""Share of a training in which cells are given to objects by their place alone: 100 of 300 epochs, as published."""


class PicoHead(PicoHeadV2):  # type: ignore[misc]  # Paddle is untyped
    """ppdet's head; cells are given to objects by what the network finds once `progress` (0 to 1) is far enough.

    Without an `eval_size` the places of the cells come from the maps themselves, and so follow every input size.
    """

    progress = 0.0

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        # ppdet leaves in it one factor for each map that nothing ever reads.
        for name in [name for name in self._sub_layers if name.endswith("_feat") and name != "conv_feat"]:
            del self._sub_layers[name]

    def get_loss(self, head_outs: Any, gt_meta: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The loss's parts by name, each 0-D.

        `gt_meta` has gt_class [B, n, 1], gt_bbox [B, n, 4] in pixels of the input and pad_gt_mask [B, n, 1].
        """
        boxes = gt_meta["gt_bbox"]
        epoch = 0 if self.progress < STATIC_SHARE else self.static_assigner_epoch
        losses = super().get_loss(head_outs, {**gt_meta, "im_id": boxes, "epoch_id": epoch})
        if all(bool(paddle.isfinite(value).all()) for value in losses.values()):
            return {name: value.sum() for name, value in losses.items()}
        return self._background(head_outs)

    def _background(self, head_outs: Any) -> dict[str, Tensor]:
        """The loss where no cell has an object: ppdet divides by the sum of their scores, which is 0 then."""
        scores, distances, *_ = head_outs
        scores = scores.reshape([-1, self.num_classes])
        nothing = distances.sum() * 0
        found = self.loss_vfl(scores, paddle.zeros_like(scores), avg_factor=1.0)
        return {"loss_vfl": found, "loss_bbox": nothing, "loss_dfl": nothing}


def raw_outputs(head: nn.Layer, features: list[Tensor]) -> list[Tensor]:
    """Classes [B, classes, H, W], distances to the four sides [B, 4 * (reg_max + 1), H, W] and alignment [B, 1, H, W]
    of each map in turn, before any sigmoid."""
    outputs = []
    for place, feature in enumerate(features):
        plain, weighed = head.conv_feat(feature, place)
        outputs += [layer(weighed) for layer in (head.head_cls_list[place], head.head_reg_list[place])]
        outputs.append(head.cls_align[place](plain))
    return outputs
