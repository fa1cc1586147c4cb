"""The loss that a step trains boxes by, over the error, beside those that it stands for."""

from __future__ import annotations

from typing import Any

from engine.contract.previews.drawings import LossCurve, LossesAnswer, LossName
from engine.contract.text.messages import UserError
from engine.recipe.drawings.subject import Subject

_FARTHEST = 2.0
_POINTS = 81


def draw(subject: Subject) -> LossesAnswer:
    """The step's loss as the network calls it, smooth L1, and plain L1, which the box head has without the step.

    Raises UserError for a step that sets no loss of the box head.
    """
    import paddle
    from paddle.nn import functional

    from engine.detector.families.box_losses import make_box_loss

    config: dict[str, Any] = {"head": {"loss": {"type": "L1"}}}
    subject.technique.configure(config)
    own = make_box_loss(config["head"]["loss"], classes=1)
    if own is None:
        raise UserError("drawing.no_loss", technique=subject.technique.key)

    def smooth(error: paddle.Tensor, target: paddle.Tensor) -> paddle.Tensor:
        return functional.smooth_l1_loss(error, target, reduction="none", delta=1.0)

    errors = paddle.linspace(0.0, _FARTHEST, _POINTS)
    errors.stop_gradient = False

    def plain(error: paddle.Tensor, target: paddle.Tensor) -> paddle.Tensor:
        return (error - target).abs()

    losses: dict[LossName, Any] = {"balanced_l1": own, "smooth_l1": smooth, "l1": plain}
    curves = []
    for name, loss in losses.items():
        values = loss(errors, paddle.zeros_like(errors))
        (slope,) = paddle.grad(values.sum(), errors)
        curves.append(LossCurve(name=name, loss=tuple(values.tolist()), slope=tuple(slope.tolist())))
    return LossesAnswer(errors=tuple(errors.tolist()), curves=tuple(curves))
