"""How far a student's head is from its teacher's, on what feeds and leaves the heads, and the lesson that runs both.

Maps are one list per map of the head: [features, output...], each [B, channels, H, W].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.detector.base.runtime import prepare
from engine.detector.families.raw import head_convolutions, run_to_head

prepare()

import paddle  # noqa: E402
from paddle import Tensor, nn  # noqa: E402
from paddle.nn import functional  # noqa: E402
from paddle.nn.functional import binary_cross_entropy_with_logits as cross_entropy  # noqa: E402
from paddle.nn.functional import sigmoid  # noqa: E402

Maps = list[list[Tensor]]
Terms = Callable[[Maps, Maps], dict[str, Tensor]]
RAW_LIMIT = 10.0
"""Raw outputs beyond this mean the same: a sigmoid within 0.00005 of 0 or 1."""


def raw_difference(student: Maps, teacher: Maps) -> Tensor:
    """Mean squared difference of the raw outputs, summed over the maps; all beyond +-10 counts as +-10.

    Their sigmoid is 0 or 1 there. On a map without objects a teacher's outputs may run away: those of a YOLOv3 came to
    641 on one map, whose squares drowned everything else.
    """

    def within(output: Tensor) -> Tensor:
        return output.clip(-RAW_LIMIT, RAW_LIMIT)

    pairs = zip(student, teacher, strict=True)
    return paddle.add_n([functional.mse_loss(within(s[1]), within(t[1])) for s, t in pairs])


def attention_difference(student: Maps, teacher: Maps) -> Tensor:
    """Squared distance of the unit-length maps of activation energy, summed over maps, mean over the batch.

    Energy is the mean square over channels, so the student may have other channels than the teacher.
    """

    def energy(feature: Tensor) -> Tensor:
        return functional.normalize(feature.square().mean(axis=1).flatten(start_axis=1), axis=1)

    pairs = zip(student, teacher, strict=True)
    return paddle.add_n([(energy(s[0]) - energy(t[0])).square().sum(axis=1).mean() for s, t in pairs])


def split_difference(student: Maps, teacher: Maps, classes: int) -> dict[str, Tensor]:
    """YOLOv3's outputs compared part by part: boxes and classes where the teacher sees an object, and objectness.

    Means over each map, summed over the maps; cross-entropies are less their smallest value, so that equal boxes and
    classes give 0. Objectness is pulled to 1 where the teacher's is above one half and to 0 elsewhere.
    """

    def excess(logits: Tensor, wanted: Tensor) -> Tensor:
        target = sigmoid(wanted)
        least = cross_entropy(wanted, target, reduction="none")
        return cross_entropy(logits, target, reduction="none") - least

    boxes, scores, objects = [], [], []
    for s_map, t_map in zip(student, teacher, strict=True):
        s, t = _by_anchor(s_map[1], classes), _by_anchor(t_map[1], classes)
        seen = sigmoid(t[:, :, 4:5])
        centre = excess(s[:, :, 0:2], t[:, :, 0:2])
        extent = (s[:, :, 2:4] - t[:, :, 2:4]).abs()
        boxes.append(((centre + extent) * seen).mean() * 2)
        scores.append((excess(s[:, :, 5:], t[:, :, 5:]) * seen).mean())
        objects.append(cross_entropy(s[:, :, 4], (t[:, :, 4] > 0).astype("float32")))
    return {
        "distill_boxes": paddle.add_n(boxes),
        "distill_classes": paddle.add_n(scores),
        "distill_objectness": paddle.add_n(objects),
    }


def _by_anchor(output: Tensor, classes: int) -> Tensor:
    """[B, anchors * (5 + classes), H, W] as [B, anchors, 5 + classes, H * W]."""
    batch, channels, height, width = output.shape
    return output.reshape([batch, channels // (5 + classes), 5 + classes, height * width])


def prior_difference(student: Maps, teacher: Maps, classes: int, temperature: float) -> dict[str, Tensor]:
    """SSD's outputs compared prior by prior, summed and divided by how much foreground the teacher sees (at least 1).

    Classes: Kullback-Leibler divergence of softened scores times temperature squared, weighted by the larger of both
    networks' foreground probability. Boxes: smooth L1 weighted by the teacher's.
    """

    def joined(maps: Maps, place: int, width: int) -> Tensor:
        rows = [tensors[place].transpose([0, 2, 3, 1]).reshape([-1, width]) for tensors in maps]
        return paddle.concat(rows)

    s_scores, t_scores = (joined(maps, 2, classes + 1) for maps in (student, teacher))
    s_boxes, t_boxes = (joined(maps, 1, 4) for maps in (student, teacher))
    # The background is the last class.
    t_seen = 1 - functional.softmax(t_scores)[:, -1]
    s_seen = 1 - functional.softmax(s_scores.detach())[:, -1]
    log_wanted = functional.log_softmax(t_scores / temperature)
    log_given = functional.log_softmax(s_scores / temperature)
    divergence = (log_wanted.exp() * (log_wanted - log_given)).sum(axis=1) * temperature**2
    distance = functional.smooth_l1_loss(s_boxes, t_boxes, reduction="none").sum(axis=1)
    total = t_seen.sum().clip(min=1.0)
    return {
        "distill_classes": (divergence * paddle.maximum(s_seen, t_seen)).sum() / total,
        "distill_boxes": (distance * t_seen).sum() / total,
    }


def cell_difference(student: Maps, teacher: Maps, temperature: float) -> dict[str, Tensor]:
    """PicoDet's outputs compared cell by cell, summed and divided by how much the teacher sees (at least 1).

    A class's score is the root of its own and the alignment's probability. Classes: cross-entropy less its smallest
    value, weighted by the larger of both scores. Distances: Kullback-Leibler divergence of their softened
    distributions times temperature squared, weighted by the teacher's best class (Zheng et al. 2022).
    """

    def scores(maps: Maps) -> Tensor:
        # Products of probabilities as small as 1e-9 have no use for a gradient of their root.
        parts = [(sigmoid(m[1]) * sigmoid(m[3])).clip(min=1e-9).sqrt() for m in maps]
        return paddle.concat([part.flatten(start_axis=2).transpose([0, 2, 1]) for part in parts], axis=1)

    def distances(maps: Maps) -> Tensor:
        parts = [m[2].flatten(start_axis=2).transpose([0, 2, 1]) for m in maps]
        joined = paddle.concat(parts, axis=1)
        return joined.reshape([*joined.shape[:2], 4, -1]) / temperature

    given, wanted = scores(student), scores(teacher)
    cross = functional.binary_cross_entropy
    excess = cross(given, wanted, reduction="none") - cross(wanted, wanted, reduction="none")
    seen = wanted.max(axis=-1)
    s_log, t_log = (functional.log_softmax(distances(maps)) for maps in (student, teacher))
    divergence = (t_log.exp() * (t_log - s_log)).sum(axis=-1).mean(axis=-1) * temperature**2
    total = seen.sum().clip(min=1.0)
    return {
        "distill_classes": (excess * paddle.maximum(given.detach(), wanted)).sum() / total,
        "distill_boxes": (divergence * seen).sum() / total,
    }


class HeadLesson:
    """Runs the frozen teacher on the student's batch and compares what feeds and leaves their heads."""

    learns: nn.Layer | None = None

    def __init__(self, student: nn.Layer, teacher: nn.Layer, terms: Terms) -> None:
        self._teacher = teacher
        self._terms = terms
        self._student_maps: Maps = []
        self._teacher_maps: Maps = []
        for weight in teacher.parameters():
            weight.stop_gradient = True
        self._hooks = [
            *_tap(student, self._student_maps, training=True),
            *_tap(teacher, self._teacher_maps, training=False),
        ]

    def loss(self, batch: Mapping[str, Any], own: Tensor) -> dict[str, Tensor]:
        """Terms by name, each 0-D, for the batch (`image` [B, 3, S, S]) that the student has just been run on."""
        # A training loop may have put the teacher back into training mode, which would move its statistics.
        self._teacher.eval()
        with paddle.no_grad():
            run_to_head(self._teacher, batch["image"])
        terms = self._terms(self._student_maps, self._teacher_maps)
        for maps in (self._student_maps, self._teacher_maps):
            for tensors in maps:
                tensors.clear()
        return terms

    def close(self) -> None:
        """Take every hook off both networks."""
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()


def _tap(network: nn.Layer, maps: Maps, training: bool) -> list[Any]:
    """Hook the head so that each forward leaves [feature map, output...] of every map in `maps`."""
    hooks = []
    for place, layers in enumerate(head_convolutions(network)):
        maps.append([])
        for order, layer in enumerate(layers):

            def keep(layer: nn.Layer, inputs: Any, output: Tensor, place: int = place, order: int = order) -> None:
                if layer.training == training:
                    maps[place][:] = [inputs[0], output] if order == 0 else [*maps[place], output]

            hooks.append(layer.register_forward_post_hook(keep))
    return hooks
