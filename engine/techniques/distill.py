"""Distillation: a teacher's outputs or features are added to what the student is trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from engine.contract.parameters import parameter
from engine.contract.project import DetectorChoice
from engine.contract.text.messages import Message, UserError
from engine.technique.base import Base, Batch, Context, Lesson, Phase, Technique

if TYPE_CHECKING:
    from paddle import Tensor, nn

    from engine.detector.train.pyramid_imitation import Pyramid, PyramidLesson

    Maps = list[list[Tensor]]
    Terms = Callable[[Maps, Maps], dict[str, Tensor]]

KINDS = {
    "yolov3": ("l2", "fine_grained"),
    "ssd": ("features", "outputs"),
    "picodet": ("features", "outputs", "fgd"),
    "rcnn": ("features",),
}
"""What can be distilled, by family; the first is what `auto` means."""

# The published factors on means over a map; with them the terms are of the size of YOLOv3's loss, which is a sum.
L2_FACTOR = 100.0
FINE_GRAINED_FACTOR = 1000.0

_ZOO = "PaddleDetection release/0.4, slim/distillation"


def _effect(before: float, after: float, family: str, size: str, note: tuple[str, str]) -> dict[str, Any]:
    return {
        "name": "map",
        "effect": round(after - before, 1),
        "unit": "points",
        "family": family,
        "input": size,
        "threads": None,
        "note": {"en": f"{before} to {after}; {note[0]}", "zh": f"{before} → {after}；{note[1]}"},
        "source": _ZOO,
    }


_WHOLE = (
    "COCO, not pruned, teacher YOLOv3-ResNet34, fine-grained",
    "COCO，未剪裁，教师为 YOLOv3-ResNet34，细粒度",
)
_WHOLE_VOC = ("Pascal VOC, not pruned, teacher YOLOv3-ResNet34, L2", "Pascal VOC，未剪裁，教师为 YOLOv3-ResNet34，L2")


def _cut(data: str) -> tuple[str, str]:
    return f"{data}, head pruned by 0.5, 0.7 and 0.8", f"{data}，检测头剪裁 0.5、0.7 和 0.8"


class Distill(Technique):
    """Train the student to imitate a teacher as well as the labels."""

    key: ClassVar[str] = "distill"
    phase: ClassVar[Phase] = Phase.TRAIN
    trains: ClassVar[bool] = True
    title: ClassVar[dict[str, str]] = {"en": "Distillation", "zh": "知识蒸馏"}
    summary_zh: ClassVar[str] = "训练时让学生网络在学习标注的同时模仿教师网络。"
    families: ClassVar[tuple[str, ...] | None] = tuple(KINDS)
    published: ClassVar[tuple[dict[str, Any], ...]] = (
        _effect(27.1, 27.1, "YOLOv3 MobileNetV1", "320", _WHOLE),
        _effect(29.3, 31.4, "YOLOv3 MobileNetV1", "608", _WHOLE),
        _effect(75.3, 75.5, "YOLOv3 MobileNetV1", "320", _WHOLE_VOC),
        _effect(76.2, 79.0, "YOLOv3 MobileNetV1", "608", _WHOLE_VOC),
        _effect(24.0, 25.1, "YOLOv3 MobileNetV1", "320", _cut("COCO")),
        _effect(27.8, 29.0, "YOLOv3 MobileNetV1", "608", _cut("COCO")),
        _effect(75.5, 76.3, "YOLOv3 MobileNetV1", "320", _cut("Pascal VOC")),
        {
            "name": "map",
            "effect": "+2 … +3",
            "unit": "points",
            "family": "YOLOv3 MobileNetV3",
            "input": None,
            "threads": None,
            "note": {
                "en": "COCO, fine-tuning the pruned detector, teacher YOLOv3-ResNet34",
                "zh": "COCO，微调剪裁后的检测器，教师为 YOLOv3-ResNet34",
            },
            "source": "PaddleDetection article of 2020-07-06",
        },
        {
            "name": "map",
            "effect": 1.7,
            "unit": "points",
            "family": "RetinaNet ResNet50",
            "input": None,
            "threads": None,
            "note": {"en": "COCO, FGD; not of PicoDet or R-CNN", "zh": "COCO，FGD；并非 PicoDet 或 R-CNN"},
            "source": "PaddleDetection, configs/slim/distill",
        },
    )

    class Params(Technique.TrainingParams):
        """What is imitated and how strongly; the published factor can drown the loss of the detector itself."""

        kind: Literal["auto", "l2", "fine_grained", "features", "outputs", "fgd"] = parameter(
            "auto",
            ("What is imitated", "模仿内容"),
            (
                "YOLOv3: l2 of raw outputs (auto; as published for data like Pascal VOC) or fine_grained by part of "
                "the output (as published for COCO); SSD and PicoDet: features (auto) or outputs; PicoDet: also fgd, "
                "the pyramid in and around labelled boxes; R-CNN: features of the pyramid (auto)",
                "YOLOv3：原始输出的 L2（自动；公开用于 Pascal VOC 类数据）或按输出各部分细粒度（公开用于 COCO）；"
                "SSD 和 PicoDet：特征（自动）或输出；PicoDet 还可用 fgd，即标注框内外的金字塔特征；"
                "R-CNN：金字塔特征（自动）",
            ),
            labels={
                "auto": ("Automatic", "自动"),
                "l2": ("Raw outputs, L2", "原始输出，L2"),
                "fine_grained": ("Outputs, part by part", "输出，细粒度"),
                "features": ("Features and outputs", "特征和输出"),
                "outputs": ("Outputs", "输出"),
                "fgd": ("Pyramid, focal and global", "金字塔，焦点与全局"),
            },
            simple=True,
        )
        weight: float = parameter(
            1.0,
            ("Weight", "权重"),
            (
                "Factor on the distillation loss; 1 is the published strength, too strong for short runs",
                "蒸馏损失的系数；1 为公开的强度，对短训练过强",
            ),
            gt=0,
            le=100,
            simple=True,
        )
        outputs_weight: float = parameter(
            1.0,
            ("Weight of outputs", "输出权重"),
            (
                "Features of SSD and PicoDet: factor on the outputs loss added to them; 0 leaves it out",
                "SSD 和 PicoDet 的特征：附加的输出损失的系数；0 表示不附加",
            ),
            ge=0,
            le=100,
        )
        temperature: float = parameter(
            2.0,
            ("Temperature", "温度"),
            (
                "SSD and PicoDet: how much class scores, or PicoDet's distances, are softened before they are compared",
                "SSD 和 PicoDet：比较之前类别得分（PicoDet 为距离分布）的软化程度",
            ),
            ge=1,
            le=20,
        )

    def check(self, others: Sequence[Technique], base: Base) -> list[Message]:
        """Refuses a kind of distillation that the detector's family does not have."""
        from engine.detector.base.spec import find_spec

        family = find_spec(base.choice.key).family
        known = KINDS.get(family, ())
        if self.params.kind in ("auto", *known):
            return []
        return [_refuse("distill.kind", kind=self.params.kind, family=family, known=", ".join(known))]

    def admits_teacher(self, student: DetectorChoice, teacher: DetectorChoice) -> Message | None:
        """Refuses a teacher whose outputs mean something else."""
        return check_teacher(student, teacher)

    def teach(self, student: nn.Layer, teacher: nn.Layer | None, context: Context) -> Lesson:
        """Hooks the student; the lesson's terms hold for the batch that the student was run on last."""
        if teacher is None:
            raise UserError("distill.no_teacher")
        from engine.detector.train import imitation

        family = context.config["family"]
        kind = KINDS[family][0] if self.params.kind == "auto" else self.params.kind
        if kind == "fgd" or family == "rcnn":
            return self._pyramid_lesson(kind, student, teacher)
        terms = self._terms(kind, family, len(context.choice.classes))
        return imitation.HeadLesson(student, teacher, terms)

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
    from engine.detector.base.spec import find_spec

    families = [find_spec(choice.key).family for choice in (student, teacher)]
    if families[0] != families[1]:
        return _refuse("distill.other_family", student=student.key, teacher=teacher.key)
    if student.classes != teacher.classes:
        named = [", ".join(choice.classes) for choice in (student, teacher)]
        return _refuse("distill.other_classes", student=named[0], teacher=named[1])
    if _anchors(student) != _anchors(teacher):
        return _refuse("distill.other_anchors", student=student.key, teacher=teacher.key)
    return None


def _anchors(choice: DetectorChoice) -> tuple[Any, Any]:
    """YOLOv3's anchors, and what SSD makes its priors of at every input size; None of a detector without."""
    from engine.detector.base.spec import find_spec, resolve

    made_of = find_spec(choice.key).architecture["head"].get("anchor_generator")
    return resolve(choice)["head"].get("anchors"), made_of


def _refuse(code: str, **args: str | int | float) -> Message:
    return Message(code=code, args=args)
