"""Losses on the box offsets of a box head, beside the plain distance that ppdet has."""

from __future__ import annotations

import math
from typing import Any

from engine.detector.base.runtime import prepare
from engine.detector.base.spec import Config

prepare()

import paddle  # noqa: E402


def balanced_l1(difference: paddle.Tensor, alpha: float, gamma: float) -> paddle.Tensor:
    """Balanced L1 (Pang and others, Libra R-CNN, 2019, equations 6 to 8) of each element, in the same shape.

    With d the distance, its slope is alpha * ln(b * d + 1) below 1 and gamma from 1 on; b makes the two meet:
    alpha * ln(b + 1) = gamma. Boxes that are nearly right so count more than under smooth L1, outliers no more.
    """
    distance = difference.abs()
    b = math.exp(gamma / alpha) - 1
    near = alpha / b * (b * distance + 1) * paddle.log(b * distance + 1) - alpha * distance
    far = gamma * distance + (gamma / b - alpha)
    return paddle.where(distance < 1, near, far)


class BalancedL1:
    """Balanced L1 as ppdet's box heads call a loss.

    They multiply what it gives by the number of classes, which is made for losses on corners: it is divided out here.
    """

    def __init__(self, classes: int, alpha: float, gamma: float, weight: float) -> None:
        self.alpha, self.gamma, self.weight = alpha, gamma, weight / classes

    def __call__(self, prediction: paddle.Tensor, target: paddle.Tensor) -> paddle.Tensor:
        """Loss of each offset of `prediction` [n, 4] against `target` [n, 4]."""
        return balanced_l1(prediction - target, self.alpha, self.gamma) * self.weight


def make_box_loss(part: Config, classes: int) -> Any:
    """The loss object of a box head's configuration; None is ppdet's own, the plain distance."""
    if part["type"] == "L1":
        return None
    return BalancedL1(classes, part["alpha"], part["gamma"], part["weight"])
