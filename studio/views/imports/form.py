"""How data is read and what the new project begins with: format, splits, mending, detector, folder."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from engine.contract.catalog import DetectorCard
from engine.contract.run.job import SAMPLE, DataFormat, ExifFrame, ProjectJob
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.views.imports.splits import SplitSliders
from studio.views.shared.detector_size import SizeControl
from studio.widgets.folder_dialog import ask_folder

_FORMATS: list[tuple[DataFormat | None, str]] = [
    (None, ""),
    ("voc", "Pascal VOC"),
    ("coco", "COCO"),
    ("yolo", "YOLO"),
    ("cvat", "CVAT"),
    ("labelme", "labelme"),
    ("createml", "Create ML"),
]
_FRAMES: tuple[ExifFrame, ...] = ("turned", "stored")
_ANCHORED = "yolov3"


class ImportForm(QWidget):
    """The choices of an import; `changed` whenever one did."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: tuple[DetectorCard, ...] = ()
        self.format, self.detector, self.splits = QComboBox(self), QComboBox(self), QComboBox(self)
        self.frame = QComboBox(self)
        self.frame.addItems([""] * len(_FRAMES))
        self.asks_frame = False
        self.sliders, self.input_size = SplitSliders(self), SizeControl(self)
        self.fix, self.anchors = QCheckBox(self), QCheckBox(self)
        self.folder, self.choose = QLineEdit(self), QPushButton(self)
        self.choose.setAutoDefault(False)
        self.folder_named = False
        for _, title in _FORMATS:
            self.format.addItem(title)
        for _ in range(2):
            self.splits.addItem("")
        self._labels: dict[str, QLabel] = {}
        self._lay_out()
        self._bind()
        self._connect()
        self._form.setRowVisible(self.sliders, False)
        self.ask_frame(False)
        on_language(self._retranslate)
        self._retranslate()

    def _lay_out(self) -> None:
        self._form = form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        folder = QHBoxLayout()
        folder.setSpacing(8)
        folder.addWidget(self.folder, 1)
        folder.addWidget(self.choose)
        for name, field in (
            ("format", self.format),
            ("splits", self.splits),
            ("shares", self.sliders),
            ("mend", self.fix),
            ("frame", self.frame),
            ("detector", self.detector),
            ("size", self.input_size),
            ("anchors", self.anchors),
            ("folder", folder),
        ):
            self._add(form, name, field)

    def _add(self, form: QFormLayout, name: str, field: QWidget | QLayout) -> None:
        self._labels[name] = QLabel(self)
        if isinstance(field, QLayout):
            form.addRow(self._labels[name], field)
        else:
            form.addRow(self._labels[name], field)

    def _bind(self) -> None:
        bind(self._labels["format"].setText, "studio.data.format")
        bind(self._labels["splits"].setText, "studio.data.splits")
        bind(self._labels["mend"].setText, "studio.data.mend")
        bind(self._labels["frame"].setText, "studio.data.frame")
        bind(self.frame.setToolTip, "studio.data.frame_tip")
        bind(self._labels["detector"].setText, "studio.data.detector")
        bind(self._labels["size"].setText, "studio.detector.size")
        bind(self._labels["anchors"].setText, "studio.data.anchors")
        bind(self._labels["folder"].setText, "studio.data.project_folder")
        bind(self.fix.setText, "studio.data.mend_text")
        bind(self.fix.setToolTip, "studio.data.mend_tip")
        bind(self.anchors.setText, "studio.data.fit_anchors")
        bind(self.anchors.setToolTip, "studio.data.fit_anchors_tip")
        bind(self.choose.setText, "studio.data.choose")
        for name, field in (
            ("format", self.format),
            ("splits", self.splits),
            ("frame", self.frame),
            ("detector", self.detector),
            ("folder", self.folder),
        ):
            self._labels[name].setBuddy(field)

    def _connect(self) -> None:
        self.splits.currentIndexChanged.connect(lambda place: self._form.setRowVisible(self.sliders, place == 1))
        self.detector.currentIndexChanged.connect(lambda _: self._show_detector())
        self.folder.textEdited.connect(self._name_folder)
        self.choose.clicked.connect(self._ask)
        for signal in (
            self.format.currentIndexChanged,
            self.splits.currentIndexChanged,
            self.frame.currentIndexChanged,
            self.sliders.changed,
            self.fix.toggled,
            self.anchors.toggled,
            self.input_size.changed,
            self.folder.textChanged,
        ):
            signal.connect(lambda *_: self.changed.emit())

    def offer(self, cards: tuple[DetectorCard, ...]) -> None:
        """Offer the detectors of the catalogue; what is chosen stays chosen."""
        held = self.card()
        self._cards = cards
        self.detector.blockSignals(True)
        self.detector.clear()
        for card in cards:
            self.detector.addItem(card.title)
        self.detector.blockSignals(False)
        keys = [card.key for card in cards]
        self.detector.setCurrentIndex(keys.index(held.key) if held is not None and held.key in keys else 0)
        self._show_detector()

    def card(self) -> DetectorCard | None:
        """The chosen detector; None before the catalogue is there."""
        place = self.detector.currentIndex()
        return self._cards[place] if 0 <= place < len(self._cards) else None

    def choose_detector(self, key: str, size: int) -> None:
        """Choose a detector of the catalogue and its input size in pixels."""
        keys = [card.key for card in self._cards]
        if key in keys:
            self.detector.setCurrentIndex(keys.index(key))
            self.input_size.set_size(size)

    def job(self, source: str) -> ProjectJob | None:
        """What the engine is asked; None before there is a detector."""
        card = self.card()
        if card is None:
            return None
        train, val, test = self.sliders.shares()
        return ProjectJob(
            dir=str(Path(self.folder.text().strip()).expanduser().absolute()),
            source=source if source == SAMPLE else str(Path(source).expanduser().absolute()),
            data_format=_FORMATS[self.format.currentIndex()][0],
            split=(train / 100, val / 100, test / 100) if self.splits.currentIndex() == 1 else None,
            fix=self.fix.isChecked(),
            exif=_FRAMES[self.frame.currentIndex()] if self.asks_frame else "ask",
            detector=card.key,
            size=self.input_size.size_px(),
            fit_anchors=self.anchors.isEnabled() and self.anchors.isChecked(),
        )

    def ask_frame(self, asked: bool) -> None:
        """Offer the choice of what boxes were drawn on, which only pictures that EXIF turns leave open."""
        self.asks_frame = asked
        self._form.setRowVisible(self.frame, asked)

    def suggest_folder(self, path: Path) -> None:
        """Propose where the project goes, unless the person has named a place."""
        if not self.folder_named:
            self.folder.setText(str(path))

    def _show_detector(self) -> None:
        card = self.card()
        if card is None:
            return
        self.input_size.offer(card.sizes, card.sizes["default"])
        self.anchors.setEnabled(card.family == _ANCHORED)
        bind(
            self.anchors.setToolTip,
            "studio.data.fit_anchors_tip" if card.family == _ANCHORED else "studio.data.no_anchors_tip",
        )
        self._retranslate()
        self.changed.emit()

    def _retranslate(self) -> None:
        self.format.setItemText(0, tr("studio.data.format_auto"))
        self.splits.setItemText(0, tr("studio.data.splits_own"))
        self.splits.setItemText(1, tr("studio.data.splits_shares"))
        for place, frame in enumerate(_FRAMES):
            self.frame.setItemText(place, tr(f"studio.data.frame_{frame}"))

    def _name_folder(self) -> None:
        self.folder_named = True

    def _ask(self) -> None:
        ask_folder(self, "studio.data.project_folder", self._take_folder)

    def _take_folder(self, path: str) -> None:
        self.folder_named = True
        self.folder.setText(path)
