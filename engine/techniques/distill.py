"""Distillation: a teacher's outputs or features are added to what the student is trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from engine.contract.parameters import parameter
from engine.contract.project import DetectorChoice
from engine.contract.published import PublishedEffect, changed
from engine.contract.text.messages import Message, UserError
from engine.technique.base import Base, Context, Phase, Technique

if TYPE_CHECKING:
    from paddle import Tensor, nn

    from engine.detector.train.lesson import Batch, Lesson
    from engine.detector.train.map_imitation import MapLesson
    from engine.detector.train.pyramid_imitation import Pyramid, PyramidLesson

    Maps = list[list[Tensor]]
    Terms = Callable[[Maps, Maps], dict[str, Tensor]]

KINDS = {
    "yolov3": ("l2", "fine_grained", "pkd", "cwd"),
    "ssd": ("features", "outputs", "pkd", "cwd"),
    "picodet": ("features", "outputs", "fgd", "pkd", "cwd"),
    "rcnn": ("features", "pkd", "cwd"),
}
"""What can be distilled, by family; the first is what `auto` means."""

MAPS = ("pkd", "cwd")
"""Kinds that compare the maps before the head, whatever the outputs mean, and are bounded by the detector's loss."""

SHARE = 0.5
"""Share of the detector's own loss that `MAPS` reach at weight 1 where student and teacher have nothing in common.

The gradients that come of it, in norm over all weights as a share of the detector's own, in the first 60 steps of a
pruned student under what it was pruned from: YOLOv3-MobileNetV3-large 160 px, head86 (own loss 490 to 190) 0.15 to 0.4
by PKD, 0.15 to 0.4 by CWD; SSDLite-small 160 px, half of all channels (own loss 10 to 6) 0.07 to 0.1 and 0.1 to 0.2.
A fixed factor could not be right for both.
"""

# The published factors on means over a map; with them the terms are of the size of YOLOv3's loss, which is a sum.
L2_FACTOR = 100.0
FINE_GRAINED_FACTOR = 1000.0

_YOLO: dict[str, Any] = {"family": "YOLOv3 MobileNetV1", "source": "PaddleDetection release/0.4, slim/distillation"}


class Distill(Technique):
    """Train the student to imitate a teacher as well as the labels."""

    key: ClassVar[str] = "distill"
    phase: ClassVar[Phase] = Phase.TRAIN
    trains: ClassVar[bool] = True
    families: ClassVar[tuple[str, ...] | None] = tuple(KINDS)
    published: ClassVar[tuple[PublishedEffect, ...]] = (
        changed("map", 27.1, 27.1, "published.distilled_fine_grained", input="320", **_YOLO),
        changed("map", 29.3, 31.4, "published.distilled_fine_grained", input="608", **_YOLO),
        changed("map", 75.3, 75.5, "published.distilled_l2", input="320", **_YOLO),
        changed("map", 76.2, 79.0, "published.distilled_l2", input="608", **_YOLO),
        changed("map", 24.0, 25.1, "published.distilled_pruned", input="320", data="COCO", **_YOLO),
        changed("map", 27.8, 29.0, "published.distilled_pruned", input="608", data="COCO", **_YOLO),
        changed("map", 75.5, 76.3, "published.distilled_pruned", input="320", data="Pascal VOC", **_YOLO),
        PublishedEffect(
            name="map",
            effect="+2 … +3",
            unit="points",
            family="YOLOv3 MobileNetV3",
            source="PaddleDetection article of 2020-07-06",
            note=Message(code="published.distilled_article").texts(),
        ),
        PublishedEffect(
            name="map",
            effect=4.1,
            unit="points",
            family="RetinaNet ResNet50",
            source="Cao et al., NeurIPS 2022, arXiv 2207.02039",
            note=Message(code="published.pkd").texts(),
        ),
        PublishedEffect(
            name="map",
            effect=3.4,
            unit="points",
            family="RetinaNet ResNet50",
            source="Shu et al., ICCV 2021, arXiv 2011.13256",
            note=Message(code="published.cwd").texts(),
        ),
        PublishedEffect(
            name="map",
            effect=1.7,
            unit="points",
            family="RetinaNet ResNet50",
            source="PaddleDetection, configs/slim/distill",
            note=Message(code="published.fgd").texts(),
        ),
    )

    class Params(Technique.TrainingParams):
        """What is imitated and how strongly; without a limit the published factor can drown the detector's own loss."""

        kind: Literal["auto", "l2", "fine_grained", "features", "outputs", "fgd", "pkd", "cwd"] = parameter(
            "distill.kind", "auto", simple=True
        )
        weight: float = parameter("distill.weight", 1.0, gt=0, le=100, simple=True)
        outputs_weight: float = parameter("distill.outputs_weight", 1.0, ge=0, le=100)
        temperature: float = parameter("distill.temperature", 2.0, ge=1, le=20)
        limit: float = parameter("distill.limit", 0.0, ge=0, le=10)

    def check(self, others: Sequence[Technique], base: Base) -> list[Message]:
        """Refuses a kind of distillation that the detector's family does not have."""
        from engine.detector.base.spec import find_spec

        family = find_spec(base.choice.key).family
        known = KINDS.get(family, ())
        if self.params.kind in ("auto", *known):
            return []
        return [_refuse("distill.kind", kind=self.params.kind, family=family, known=", ".join(known))]

    def admits_teacher(self, student: DetectorChoice, teacher: DetectorChoice) -> Message | None:
        """Refuses a teacher whose outputs mean something else; for kinds that look at maps, one of another family."""
        return check_family(student, teacher) if self.params.kind in MAPS else check_teacher(student, teacher)

    def teach(self, student: nn.Layer, teacher: nn.Layer | None, context: Context) -> Lesson:
        """Hooks the student; the lesson's terms hold for the batch that the student was run on last.

        Raises UserError without a teacher.
        """
        if teacher is None:
            raise UserError("distill.no_teacher")
        from engine.detector.train.lesson import Limited

        lesson = self._lesson(student, teacher, context)
        return Limited(lesson, self.params.limit) if self.params.limit else lesson

    def _lesson(self, student: nn.Layer, teacher: nn.Layer, context: Context) -> Lesson:
        from engine.detector.train import imitation

        family = context.config["family"]
        kind = KINDS[family][0] if self.params.kind == "auto" else self.params.kind
        if kind in MAPS:
            return self._map_lesson(kind, student, teacher, context)
        if kind == "fgd" or family == "rcnn":
            return self._pyramid_lesson(kind, student, teacher)
        terms = self._terms(kind, family, len(context.choice.classes))
        return imitation.HeadLesson(student, teacher, terms)

    def _map_lesson(self, kind: str, student: nn.Layer, teacher: nn.Layer, context: Context) -> MapLesson:
        from engine.detector.train import map_imitation as imitation

        difference = imitation.correlation_difference if kind == "pkd" else imitation.cell_divergence
        share = min(SHARE * self.params.weight, 1.0)
        inputs = imitation.Inputs(context.config, context.teacher or context.config)
        return imitation.MapLesson(student, teacher, inputs, imitation.Term(f"distill_{kind}", difference, share))

    def _pyramid_lesson(self, kind: str, student: nn.Layer, teacher: nn.Layer) -> PyramidLesson:
        from engine.detector.train import pyramid_imitation as imitation

        weight = self.params.weight

        def fgd(given: Pyramid, wanted: Pyramid, batch: Batch) -> dict[str, Tensor]:
            return {"distill_fgd": imitation.focal_difference(given, wanted, batch) * weight}

        def features(given: Pyramid, wanted: Pyramid, batch: Batch) -> dict[str, Tensor]:
            return {"distill_features": imitation.mimic_difference(given, wanted) * weight}

        return imitation.PyramidLesson(student, teacher, fgd if kind == "fgd" else features)

    def _terms(self, kind: str, family: str, classes: int) -> Terms:
        from engine.detector.train import imitation

        params = self.params

        def l2(student: Maps, teacher: Maps) -> dict[str, Tensor]:
            return {"distill_l2": imitation.raw_difference(student, teacher) * (L2_FACTOR * params.weight)}

        def fine_grained(student: Maps, teacher: Maps) -> dict[str, Tensor]:
            parts = imitation.split_difference(student, teacher, classes)
            return {name: value * (FINE_GRAINED_FACTOR * params.weight) for name, value in parts.items()}

        def outputs(student: Maps, teacher: Maps, weight: float = params.weight) -> dict[str, Tensor]:
            if family == "picodet":
                parts = imitation.cell_difference(student, teacher, params.temperature)
            else:
                parts = imitation.prior_difference(student, teacher, classes, params.temperature)
            return {name: value * weight for name, value in parts.items()}

        def features(student: Maps, teacher: Maps) -> dict[str, Tensor]:
            terms = {"distill_features": imitation.attention_difference(student, teacher) * params.weight}
            return terms | (outputs(student, teacher, params.outputs_weight) if params.outputs_weight else {})

        return {"l2": l2, "fine_grained": fine_grained, "outputs": outputs, "features": features}[kind]


def check_teacher(student: DetectorChoice, teacher: DetectorChoice) -> Message | None:
    """Why `teacher` cannot teach `student`: their raw outputs would not mean the same; None when it can."""
    stranger = check_family(student, teacher)
    if stranger is not None:
        return stranger
    if student.classes != teacher.classes:
        named = [", ".join(choice.classes) for choice in (student, teacher)]
        return _refuse("distill.other_classes", student=named[0], teacher=named[1])
    if _anchors(student) != _anchors(teacher):
        return _refuse("distill.other_anchors", student=student.key, teacher=teacher.key)
    return None


def check_family(student: DetectorChoice, teacher: DetectorChoice) -> Message | None:
    """Why the maps of `teacher` say nothing to `student`: it is of another family; None when they do."""
    from engine.detector.base.spec import find_spec

    if find_spec(student.key).family != find_spec(teacher.key).family:
        return _refuse("distill.other_family", student=student.key, teacher=teacher.key)
    return None


def _anchors(choice: DetectorChoice) -> tuple[Any, Any]:
    """YOLOv3's anchors, and what SSD makes its priors of at every input size; None of a detector without."""
    from engine.detector.base.spec import find_spec, resolve

    made_of = find_spec(choice.key).architecture["head"].get("anchor_generator")
    return resolve(choice)["head"].get("anchors"), made_of


def _refuse(code: str, **args: str | int | float) -> Message:
    return Message(code=code, args=args)
