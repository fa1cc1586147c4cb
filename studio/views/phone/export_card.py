"""What an export wrote: its files, and its model card as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.contract.figures import Figure
from studio.bound_texts import on_language
from studio.i18n import pick, tr
from studio.presenters.figure_words import source_text
from studio.presenters.numbers import NAMES, show, show_value
from studio.stores.phone.exports import Export
from studio.widgets.buttons import Button
from studio.widgets.labels import Elided, Text

_LABEL_WIDTH = 112


class ModelCard(QWidget):
    """The files of an export and its card."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._export: Export | None = None
        self.title, self.path = Elided("", "heading"), Elided("", "muted")
        self.open = Button("studio.phone.open_folder", self._open, "", "folder-open")
        self.copy = Button("studio.phone.copy_path", self._copy, "quiet", "copy")
        self.gone = Text("studio.phone.gone")
        self.gone.setWordWrap(True)
        self.gone.set_tone("warn")
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.title, 1)
        head.addWidget(self.copy)
        head.addWidget(self.open)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.path)
        layout.addWidget(self.gone)
        layout.addWidget(self.area, 1)
        on_language(self._redraw)

    def show_export(self, export: Export | None) -> None:
        """Show an export."""
        if export != self._export:
            self._export = export
            self._redraw()

    def _redraw(self) -> None:
        export = self._export
        self.setVisible(export is not None)
        if export is None:
            return
        self.title.set_full(f"{export.run}  {export.job.target}  {export.job.precision}")
        self.path.set_full(str(export.out))
        self.gone.setVisible(export.card is None)
        self.open.why_not(None if export.files else "studio.phone.gone")
        inside = QWidget()
        inside.setObjectName("scrolled")
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 8, 8, 8)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        grid.setColumnStretch(1, 1)
        rows = list(card_rows(export))
        for place, (name, lines) in enumerate(rows):
            label, value = QLabel(name), QLabel("\n".join(lines))
            label.setProperty("role", "muted")
            value.setWordWrap(True)
            value.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            grid.addWidget(label, place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, place, 1, Qt.AlignmentFlag.AlignTop)
        grid.setRowStretch(len(rows), 1)
        self.area.setWidget(inside)

    def _open(self) -> None:
        if self._export is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._export.out)))

    def _copy(self) -> None:
        if self._export is not None:
            QGuiApplication.clipboard().setText(str(self._export.out))


def card_rows(export: Export) -> Iterable[tuple[str, list[str]]]:
    """The card as names and lines."""
    files = [f"{file.name}    {shown_size(file.size)}" for file in export.files]
    if files:
        yield tr("studio.phone.files"), files
    card = export.card or {}
    inputs = [f"{place}.  {entry}" for place, entry in enumerate(map(_input, card.get("inputs", ())), start=1)]
    if inputs:
        yield tr("studio.phone.inputs"), inputs
    if picture := _picture(card.get("preprocessing", {})):
        yield tr("studio.phone.picture"), picture
    if outputs := [_words(text) for text in card.get("outputs", ())]:
        yield tr("studio.phone.outputs"), outputs
    if classes := card.get("classes", ()):
        yield tr("studio.phone.classes"), [",  ".join(f"{place} {name}" for place, name in enumerate(classes))]
    if kernels := card.get("convolutions", {}):
        yield tr("studio.phone.convolutions"), [",  ".join(f"{count} {kind}" for kind, count in kernels.items())]
    if weights := card.get("float_weights", ()):
        yield tr("studio.phone.float_weights"), [_packed(weights)]
    if figures := _figures(card.get("figures", ())):
        yield tr("studio.phone.figures"), figures
    if steps := [str(step.get("technique", "?")) for step in card.get("steps", ()) if step.get("enabled", True)]:
        yield tr("studio.phone.steps"), [" → ".join(steps)]
    if versions := card.get("versions", {}):
        yield tr("studio.phone.versions"), [",  ".join(f"{name} {number}" for name, number in versions.items())]


def shown_size(size: int) -> str:
    """A size in MB, a small one in kB."""
    return f"{size / 1000:.1f} kB" if size < 100_000 else show_value(float(size), "bytes")


def _input(entry: Mapping[str, Any]) -> str:
    shape = " × ".join(map(str, entry.get("shape", ())))
    return f"{entry.get('name', '?')}  [{shape}]  {_words(entry.get('meaning', ''))}"


def _picture(steps: Mapping[str, Any]) -> list[str]:
    lines = [_words(steps[key]) for key in ("orientation", "colour", "resize", "scale") if key in steps]
    if "mean" in steps and "std" in steps:
        mean, std = (", ".join(f"{value:g}" for value in steps[key]) for key in ("mean", "std"))
        lines.append(tr("studio.phone.normalise", mean=mean, std=std))
    return lines


def _packed(weights: Sequence[Mapping[str, Any]]) -> str:
    """How many weights of convolutions that compute in float are stored in 8 bits, and what that saves."""
    packed = [int(one.get("saved", 0)) for one in weights if one.get("packed")]
    return tr("studio.phone.packed", packed=len(packed), count=len(weights), saved=shown_size(sum(packed)))


def _figures(told: Sequence[Any]) -> list[str]:
    lines = []
    for item in told:
        try:
            figure = Figure.model_validate(item)
        except ValidationError:
            continue
        about = figure.conditions.subject if figure.name.startswith("parity") else None
        parts = [source_text(figure), *([about] if about else [])]
        lines.append(f"{tr(NAMES[figure.name])}  {show(figure)}  ({', '.join(parts)})")
    return lines


def _words(text: object) -> str:
    """A text of the card, in the current language where the card has it in several."""
    return pick(text) if isinstance(text, dict) else str(text)
