"""How far the maps that a student's head looks at are from its teacher's, free of scale, and the lesson that runs both.

Where the two have unequal channels, a 1x1 convolution for each map brings the student's to the teacher's. It is trained
with the student, stands in the checkpoint to resume from, and is thrown away with the lesson. Solving it anew for each
batch, as `pyramid_imitation` does, would not do here: of the 5 x 5 maps of a batch of 8, 256 channels of pure noise
"explained" 1024 of a trained YOLOv3 to 2e-5, so that there was nothing left to learn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.contract.text.messages import UserError
from engine.detector.base.runtime import prepare
from engine.detector.network.trace import evaluating

prepare()

import paddle  # noqa: E402
from paddle import Tensor, nn  # noqa: E402
from paddle.nn import functional  # noqa: E402

Difference = Callable[[Tensor, Tensor], Tensor]
"""Of a student's map and its teacher's, both [B, C, H, W]: 0 where they are alike, about 1 where nothing is."""

FLAT = 1e-5
"""Share of the mean variance of a map's channels that is added to each: a dead channel has no direction to amplify."""
TEMPERATURE = 4.0
"""What cells are softened by, as published for channel-wise distillation."""
LEAST = 1e-6
"""Divergence from flat, mean over the channels, below which a map tells nothing, nor are its digits to be trusted."""
RIDGE = 0.1
"""Share of the mean energy of the student's channels that is added to each of them where an adaptor begins.

Beginning so, adaptors left 0.47 of the maps of other batches unexplained (YOLOv3, head86 of a trained one), random ones
1.0; with 0.001 it was 0.51, with 10 it was 0.51.
"""


def correlation_difference(given: Tensor, wanted: Tensor) -> Tensor:
    """One less Pearson's correlation of each channel over batch and cells, mean over the channels; in 0 to 2.

    Half the mean squared difference of the maps with mean 0 and variance 1 (PKD; Cao et al., NeurIPS 2022,
    arXiv 2207.02039).
    """
    return (_standard(given) - _standard(wanted)).square().mean() / 2


def _standard(maps: Tensor) -> Tensor:
    """Maps with mean 0 and variance 1 of each channel over batch and cells."""
    return (maps - maps.mean(axis=[0, 2, 3], keepdim=True)) / _spread(maps).reshape([1, -1, 1, 1])


def _spread(maps: Tensor) -> Tensor:
    """Standard deviation [1, C] of each channel over batch and cells."""
    centred = maps - maps.mean(axis=[0, 2, 3], keepdim=True)
    variance = centred.square().mean(axis=[0, 2, 3])
    return (variance + variance.detach().mean() * FLAT + 1e-12).sqrt().reshape([1, -1])


def cell_divergence(given: Tensor, wanted: Tensor) -> Tensor:
    """How far each channel's softmax over the cells is from the teacher's, as a share of what a flat one would be.

    The Kullback-Leibler divergence of channel-wise distillation (CWD; Shu et al., ICCV 2021, arXiv 2011.13256), over
    the teacher's own from uniform: 1 for a student that sees nothing, whatever the size of the features. 0 of a map
    of one cell, where there is nothing to tell apart.
    """
    log_given, log_wanted, log_flat = (
        functional.log_softmax(maps.flatten(start_axis=2) / TEMPERATURE, axis=2)
        for maps in (given, wanted, paddle.zeros_like(wanted))
    )

    def divergence(logs: Tensor) -> Tensor:
        # Both sum up to 1, so what is added adds up to 0; but each cell's is 0 at least, and rounding makes none less.
        apart = log_wanted - logs
        return (log_wanted.exp() * (apart + paddle.expm1(-apart))).sum(axis=2).mean()

    return divergence(log_given) / divergence(log_flat).clip(min=LEAST)


class Adaptors(nn.Layer):  # type: ignore[misc]  # Paddle is untyped
    """A 1x1 convolution for each pair of maps of unequal channels; zero until `fit` has seen a batch.

    Neither difference looks at a channel's mean, hence no bias; nor does Pearson's at its size, hence no decay.
    """

    def __init__(self, channels: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.places = [place for place, (given, wanted) in enumerate(channels) if given != wanted]
        zero = nn.initializer.Constant(0.0)
        # Named apart from all of the student's, for the optimiser keeps its state by name.
        with paddle.utils.unique_name.guard("adaptor_"):
            for place in self.places:
                given, wanted = channels[place]
                attribute = paddle.ParamAttr(initializer=zero, regularizer=paddle.regularizer.L2Decay(0.0))
                weight = self.create_parameter([wanted, given, 1, 1], attr=attribute)
                self.add_parameter(f"adaptor{place}", weight)
        self._fresh = self.places

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """The student's maps with the channels of the teacher's."""
        weights = {place: getattr(self, f"adaptor{place}") for place in self.places}
        return [functional.conv2d(one, weights[n]) if n in weights else one for n, one in enumerate(maps)]

    @paddle.no_grad()
    def fit(self, student: Sequence[Tensor], teacher: Sequence[Tensor]) -> None:
        """Begin, unless begun: with the ridge regression of the teacher's channels on the student's for this batch."""
        for place in self._fresh:
            weight = getattr(self, f"adaptor{place}")
            if bool((weight != 0).any()):
                continue  # a resumed run's
            given, wanted = (_cells(_standard(maps[place])) for maps in (student, teacher))
            energy = given.t() @ given
            ridge = energy.trace() * (RIDGE / len(energy)) + 1e-9
            solved = paddle.linalg.solve(energy + paddle.eye(len(energy)) * ridge, given.t() @ wanted).t()
            # The maps themselves have other variances than the standard ones that this was solved for.
            solved = solved / _spread(student[place]) * _spread(teacher[place]).t()
            weight.set_value(solved.reshape(weight.shape))
        self._fresh = []


def _cells(maps: Tensor) -> Tensor:
    """All cells as rows [cells, channels]."""
    return maps.transpose([0, 2, 3, 1]).reshape([-1, maps.shape[1]])


@dataclass(frozen=True)
class Term:
    """A term of the loss: what it is called, of what, and up to which share of the detector's own loss."""

    name: str
    difference: Difference
    share: float


@dataclass(frozen=True)
class Inputs:
    """How student and teacher want their pictures: the configurations, of which `mean`, `std` and `size` are used."""

    student: Mapping[str, Any]
    teacher: Mapping[str, Any]

    def for_teacher(self, image: Tensor) -> Tensor:
        """The student's pictures [B, 3, S, S] with the teacher's mean and deviation."""
        if all(self.student[name] == self.teacher[name] for name in ("mean", "std")):
            return image
        (mean, std), (other_mean, other_std) = (
            [paddle.to_tensor(config[name], "float32").reshape([3, 1, 1]) for name in ("mean", "std")]
            for config in (self.student, self.teacher)
        )
        return (image * std + mean - other_mean) / other_std


class MapLesson:
    """Runs the frozen teacher on the student's batch and compares the maps of more than one cell that both have.

    The term is `share` of the detector's own loss where nothing of the teacher's maps is found in the student's, less
    where some is, and never more: it can neither drown that loss, whatever its family sums up, nor get lost in it.
    """

    def __init__(self, student: nn.Layer, teacher: nn.Layer, inputs: Inputs, term: Term) -> None:
        size = inputs.student["size"]
        shapes = [_shapes(network, size) for network in (student, teacher)]
        self._pairs = _matching(*shapes)
        if not self._pairs:
            sides = [", ".join(str(side) for _, side in found) for found in shapes]
            raise UserError("distill.no_shared_map", student=sides[0], teacher=sides[1], size=size)
        self.learns = Adaptors([(shapes[0][mine][0], shapes[1][theirs][0]) for mine, theirs in self._pairs])
        self._teacher, self._inputs, self._term = teacher, inputs, term
        self._maps: list[Tensor] = []
        for weight in teacher.parameters():
            weight.stop_gradient = True
        self._hook = _last_layer(student).register_forward_post_hook(self._keep)

    def _keep(self, layer: nn.Layer, inputs: Any, output: Sequence[Tensor]) -> None:
        if layer.training:
            self._maps[:] = output

    def loss(self, batch: Mapping[str, Any], own: Tensor) -> dict[str, Tensor]:
        """The term for the batch that the student has just been run on; `own` is the detector's loss of it."""
        # A training loop may have put the teacher back into training mode, which would move its statistics.
        self._teacher.eval()
        with paddle.no_grad():
            maps = _maps_of(self._teacher, self._inputs.for_teacher(batch["image"]))
        given, wanted = [self._maps[mine] for mine, _ in self._pairs], [maps[theirs] for _, theirs in self._pairs]
        self._maps.clear()
        self.learns.fit(given, wanted)
        pairs = zip(self.learns(given), wanted, strict=True)
        apart = paddle.add_n([self._term.difference(s, t) for s, t in pairs]) / len(wanted)
        return {self._term.name: apart * (own.detach().sum() * self._term.share / apart.detach().clip(min=1.0))}

    def close(self) -> None:
        """Take the hook off the student."""
        self._hook.remove()


def _last_layer(network: nn.Layer) -> nn.Layer:
    """What makes the maps that the head looks at: the neck, or SSD's backbone."""
    return getattr(network, "neck", network.backbone)


def _maps_of(network: nn.Layer, image: Tensor) -> list[Tensor]:
    maps = network.backbone({"image": image})
    return list(network.neck(maps) if hasattr(network, "neck") else maps)


def _shapes(network: nn.Layer, size: int) -> list[tuple[int, int]]:
    """Channels and side of each map for pictures of `size` pixels."""
    with evaluating(network), paddle.no_grad():
        return [(one.shape[1], one.shape[2]) for one in _maps_of(network, paddle.zeros([1, 3, size, size]))]


def _matching(student: list[tuple[int, int]], teacher: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places of maps of equal size, in order; one of a single cell tells nothing about where."""
    pairs, free = [], list(enumerate(teacher))
    for mine, (_, side) in enumerate(student):
        found = next((place for place, (_, other) in free if other == side > 1), None)
        if found is not None:
            pairs.append((mine, found))
            free = [(place, shape) for place, shape in free if place != found]
    return pairs
