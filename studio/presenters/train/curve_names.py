"""What the curves of a training are called, and what each of them tells."""

from __future__ import annotations

import re

from studio.i18n import tr

NAMED = (
    *("loss", "map", "learning_rate"),
    *("loss_xy", "loss_wh", "loss_iou", "loss_iou_aware", "loss_obj", "loss_cls"),
    *("loss_vfl", "loss_bbox", "loss_dfl"),
    *("loss_rpn_cls", "loss_rpn_reg", "loss_bbox_cls", "loss_bbox_reg"),
    *("distill_l2", "distill_boxes", "distill_classes", "distill_objectness"),
    *("distill_features", "distill_fgd", "distill_pkd", "distill_cwd"),
)
"""Metrics that have words; a part of the loss that a detector brings along otherwise is called as it calls it."""


def curve_name(metric: str) -> str:
    """The curve's name in the legend; one of several stages of a head has the stage's number, from 1."""
    name, stage = _split(metric)
    return f"{tr(f'studio.train.curve.{name}')}{stage}" if name in NAMED else metric


def curve_tip(metric: str) -> str:
    """What the curve tells, and what it is called in files; empty for a curve without words."""
    name, _ = _split(metric)
    return tr("studio.train.curve_tip", what=tr(f"studio.train.curve.{name}.tip"), name=metric) if name in NAMED else ""


def _split(metric: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.+)_stage(\d)", metric)
    return (metric, "") if found is None else (found[1], f" {int(found[2]) + 1}")
