"""How far a student's feature pyramid is from its teacher's, and the lesson that runs both: R-CNN and PicoDet.

What brings the student's channels to the teacher's has no state that a resumed run could miss: it is solved anew for
each batch, so the student that is saved is the student alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.detector.base.runtime import prepare

prepare()

import paddle  # noqa: E402
from paddle import Tensor, nn  # noqa: E402
from paddle.nn import functional  # noqa: E402
from ppdet.slim.distill_loss import FGDFeatureLoss, feature_norm  # noqa: E402

Pyramid = Sequence[Tensor]
Terms = Callable[[Pyramid, Pyramid, Mapping[str, Any]], dict[str, Tensor]]
RIDGE = 1e-3
"""Share of the mean energy of the student's channels that is added to each of them before the projection is solved."""


def project(student: Pyramid, teacher: Pyramid) -> list[Tensor]:
    """The student's maps [B, c, H, W] brought to the teacher's channels C by one 1x1 convolution for all levels.

    Its weights are the ridge regression of this batch. They are constants to the gradient, which at the least squared
    difference is the gradient all the same. Maps of equal width are left as they are.
    """
    if student[0].shape[1] == teacher[0].shape[1]:
        return list(student)
    with paddle.no_grad():
        given, wanted = (_cells([one.detach() for one in maps]) for maps in (student, teacher))
        energy = given.t() @ given
        ridge = energy.trace() * (RIDGE / len(energy)) + 1e-12
        weight = paddle.linalg.solve(energy + paddle.eye(len(energy)) * ridge, given.t() @ wanted)
        kernel = weight.t().reshape([weight.shape[1], weight.shape[0], 1, 1])
    return [functional.conv2d(one, kernel) for one in student]


def _cells(maps: Pyramid) -> Tensor:
    """All cells of all levels as rows [cells, channels]."""
    return paddle.concat([one.transpose([0, 2, 3, 1]).reshape([-1, one.shape[1]]) for one in maps])


def mimic_difference(student: Pyramid, teacher: Pyramid) -> Tensor:
    """Mean squared difference of the maps, mean over the levels; each channel has mean 0 and variance 1 first.

    With other widths it is the share of the teacher's variance that the student's channels do not explain.
    """
    given, wanted = ([feature_norm(one) for one in maps] for maps in (student, teacher))
    pairs = zip(project(given, wanted), wanted, strict=True)
    return paddle.add_n([functional.mse_loss(s, t) for s, t in pairs]) / len(wanted)


class Focal(FGDFeatureLoss):  # type: ignore[misc]  # ppdet is untyped
    """Focal and global distillation of one level (Yang et al., CVPR 2022, arXiv 2111.11837), as ppdet has it.

    ppdet takes a tensor of a shape apart, the pieces of which Paddle 2.6 does not multiply with or reshape to.
    Its blocks for the global context start at zero and get no gradient there, so that its relation is the squared
    difference of the maps; here they are constants.
    """

    def __init__(self, channels: int) -> None:
        with paddle.utils.unique_name.guard():
            super().__init__(channels, channels)
        for weight in self.parameters():
            weight.stop_gradient = True

    def spatial_channel_attention(self, x: Tensor, t: float = 0.5) -> list[Tensor]:
        """Where [B, H, W] and in which channels [B, C] the mean magnitude is: softmax of it by `t`, of mean 1."""
        batch, channels, height, width = x.shape
        size = x.abs()
        where = functional.softmax(size.mean(axis=1).reshape([batch, -1]) / t, axis=1) * (height * width)
        which = functional.softmax(size.mean(axis=[2, 3]) / t, axis=1) * channels
        return [where.reshape([batch, height, width]), which]


def focal_difference(student: Pyramid, teacher: Pyramid, batch: Mapping[str, Any]) -> Tensor:
    """FGD's loss summed over the levels, with the paper's factors for one-stage detectors.

    `batch` has image [B, 3, S, S] and gt_bbox [B, n, 4] in its pixels; boxes of zeros are none.
    """
    image = batch["image"]
    sizes = paddle.to_tensor([image.shape[2:]] * image.shape[0], "float32")
    known = {"gt_bbox": batch["gt_bbox"], "im_shape": sizes}
    loss = Focal(teacher[0].shape[1])
    pairs = zip(project(student, teacher), teacher, strict=True)
    return paddle.add_n([loss(s, t, known).sum() for s, t in pairs])


class PyramidLesson:
    """Runs the frozen teacher on the student's batch and compares what their necks give at strides that both have."""

    learns: nn.Layer | None = None

    def __init__(self, student: nn.Layer, teacher: nn.Layer, terms: Terms) -> None:
        given, wanted = ([shape.stride for shape in network.neck.out_shape] for network in (student, teacher))
        shared = [stride for stride in given if stride in wanted]
        self._student_levels, self._teacher_levels = (
            [strides.index(stride) for stride in shared] for strides in (given, wanted)
        )
        self._teacher = teacher
        self._terms = terms
        self._maps: list[Tensor] = []
        for weight in teacher.parameters():
            weight.stop_gradient = True
        self._hook = student.neck.register_forward_post_hook(self._keep)

    def _keep(self, neck: nn.Layer, inputs: Any, output: Pyramid) -> None:
        if neck.training:
            self._maps[:] = [output[level] for level in self._student_levels]

    def loss(self, batch: Mapping[str, Any], own: Tensor) -> dict[str, Tensor]:
        """Terms by name, each 0-D, for the batch that the student has just been run on."""
        # A training loop may have put the teacher back into training mode, which would move its statistics.
        self._teacher.eval()
        with paddle.no_grad():
            pyramid = self._teacher.neck(self._teacher.backbone({"image": batch["image"]}))
        terms = self._terms(self._maps, [pyramid[level] for level in self._teacher_levels], batch)
        self._maps.clear()
        return terms

    def close(self) -> None:
        """Take the hook off the student."""
        self._hook.remove()
