"""The look of everything: colours, the one style sheet, icons. No other module styles a widget."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template
from typing import Literal

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from engine.contract.system.folders import cache_folder
from engine.contract.text.resources import RESOURCES
from studio.bound_texts import translator
from studio.i18n import shown_language

ThemeName = Literal["light", "dark", "system"]
ICONS = RESOURCES / "icons"

# Roles: a widget says what it is by `setProperty("role", NAME)`. The base ones stand in resources/studio.qss; a page
# that needs another one adds its rules to resources/studio_pages.qss. Both name the colours of Palette as $name.
_SHEETS = ("studio.qss", "studio_pages.qss")


@dataclass(frozen=True)
class Palette:
    """Colours as #rrggbb. Text and signal colours are readable (4.5 : 1) on window, surface, raised and sunken."""

    window: str
    surface: str
    raised: str
    sunken: str
    border: str
    border_strong: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_hover: str
    accent_text: str
    accent_soft: str
    good: str
    bad: str
    bad_soft: str
    warn: str
    warn_soft: str
    info: str
    info_soft: str
    a: str
    b: str
    selection: str
    hover: str
    grid: str
    series: tuple[str, ...]


LIGHT = Palette(
    window="#f4f6f3", surface="#ffffff", raised="#fafbf9", sunken="#eceFeb".lower(), border="#d9dfd8",
    border_strong="#8d978f", text="#1c2420", muted="#56615a", disabled="#636d66", accent="#2b784b",
    accent_hover="#256a42", accent_text="#ffffff", accent_soft="#e0f0e6", good="#1d7442", bad="#b3261e",
    bad_soft="#fbe9e7", warn="#845500", warn_soft="#fdf1d8", info="#1b5ba3", info_soft="#e5effa", a="#7a4bc2",
    b="#2b784b", selection="#d6eadd", hover="#e7ebe6", grid="#e3e8e2",
    series=("#2b784b", "#1b5ba3", "#b4540a", "#7a4bc2", "#b3261e", "#00757d", "#845500", "#56615a"),
)  # fmt: skip
DARK = Palette(
    window="#151917", surface="#1d2220", raised="#242a27", sunken="#101311", border="#343c37",
    border_strong="#6d7a72", text="#e6ebe7", muted="#a5b0a9", disabled="#8d9891", accent="#5dbb83",
    accent_hover="#75cc98", accent_text="#0d1811", accent_soft="#1f3529", good="#5fcb8b", bad="#ff8a80",
    bad_soft="#3b2321", warn="#f0b75a", warn_soft="#382d19", info="#85b9f2", info_soft="#1d2c3d", a="#b894f2",
    b="#5dbb83", selection="#29442f", hover="#2a312d", grid="#2c332f",
    series=("#5dbb83", "#85b9f2", "#f0a05a", "#b894f2", "#ff8a80", "#4fc7cf", "#e0c35a", "#a5b0a9"),
)  # fmt: skip


class Theme(QObject):
    """The theme of the process; `changed` is told after everything has its new colours."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._name: ThemeName = "system"
        self._palette = LIGHT
        self._app: QApplication | None = None
        self._icons: dict[tuple[str, str], QIcon] = {}

    @property
    def name(self) -> ThemeName:
        """What was chosen; `system` follows the desktop."""
        return self._name

    @name.setter
    def name(self, name: ThemeName) -> None:
        if name != self._name:
            self._name = name
            self._refresh()

    @property
    def dark(self) -> bool:
        """Whether light stands on dark now."""
        return self._palette is DARK

    @property
    def palette(self) -> Palette:
        """The colours now."""
        return self._palette

    def apply(self, app: QApplication) -> None:
        """Style an application, from now on."""
        self._app = app
        app.setStyle("Fusion")
        app.setFont(_font(shown_language()))
        translator.language_changed.connect(self._language_changed)
        app.styleHints().colorSchemeChanged.connect(self._scheme_changed)
        self._refresh(force=True)

    def icon(self, name: str, colour: str | None = None) -> QIcon:
        """An icon of resources/icons in one colour, the text's if none is given; disabled ones are paler."""
        key = (name, colour or self._palette.text)
        if key not in self._icons:
            icon = QIcon()
            for mode, tint in ((QIcon.Mode.Normal, key[1]), (QIcon.Mode.Disabled, self._palette.disabled)):
                for size in (16, 24, 48):
                    icon.addPixmap(_draw(name, tint, size), mode)
            self._icons[key] = icon
        return self._icons[key]

    def _language_changed(self, language: str) -> None:
        font = _font(language)
        if self._app is not None and font.families()[:1] != self._app.font().families()[:1]:
            self._app.setFont(font)

    def _scheme_changed(self) -> None:
        if self._name == "system":
            self._refresh()

    def _refresh(self, force: bool = False) -> None:
        before, self._palette = self._palette, LIGHT if self._wanted() == "light" else DARK
        if self._app is not None and (force or before is not self._palette):
            self._app.setPalette(_qt_palette(self._palette))
            self._app.setStyleSheet("")  # one sheet over another takes Qt four times as long as none, then one
            self._app.setStyleSheet(style_sheet(self._palette))
        if force or before is not self._palette:
            self._icons.clear()
            self.changed.emit()

    def _wanted(self) -> str:
        if self._name != "system":
            return self._name
        hints = QGuiApplication.styleHints() if self._app is not None else None
        return "dark" if hints is not None and hints.colorScheme() == Qt.ColorScheme.Dark else "light"


theme = Theme()
"""The one instance."""


def palette() -> Palette:
    """The colours now."""
    return theme.palette


def restyle(widget: QWidget, **properties: object) -> None:
    """Set properties that the sheet asks for, and let it look again if one of them is another than before."""
    changed = {name: value for name, value in properties.items() if widget.property(name) != value}
    if not changed:
        return
    for name, value in changed.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def icon(name: str, colour: str | None = None) -> QIcon:
    """An icon of resources/icons; ask again after `theme.changed`."""
    return theme.icon(name, colour)


def pixmap(name: str, colour: str, size: int) -> QPixmap:
    """An icon as a picture of `size` logical pixels."""
    return _draw(name, colour, size)


def contrast(a: str, b: str) -> float:
    """The contrast of two colours after WCAG: 1 to 21."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def style_sheet(colours: Palette) -> str:
    """The one sheet, in the colours of a palette."""
    values = {name: value for name, value in asdict(colours).items() if isinstance(value, str)}
    arrows = {f"{name}_image": _image(name, colours.muted) for name in ("chevron-down", "chevron-up", "chevron-right")}
    arrows |= {"check_image": _image("check", colours.accent_text), "dash_image": _image("dash", colours.accent_text)}
    arrows = {name.replace("-", "_"): value for name, value in arrows.items()}
    sheet = "".join((RESOURCES / name).read_text(encoding="utf-8") for name in _SHEETS)
    return Template(sheet).substitute(values | arrows)


def _image(name: str, colour: str) -> str:
    """A file with a coloured icon, for a style sheet cannot take another kind; empty where none can be written."""
    folder = cache_folder() / "icons"
    path = folder / f"{name}-{colour.lstrip('#')}.svg"
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(_source(name, colour), encoding="utf-8")
    except OSError:
        return "none"
    return f'url("{path.as_posix()}")'


def _source(name: str, colour: str) -> str:
    return (ICONS / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour)


def _draw(name: str, colour: str, size: int) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    ratio = QGuiApplication.primaryScreen().devicePixelRatio() if QGuiApplication.primaryScreen() else 1.0
    drawn = QPixmap(QSize(size, size) * max(2.0, ratio))
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(_source(name, colour).encode())).render(painter, QRectF(drawn.rect()))
    painter.end()
    drawn.setDevicePixelRatio(max(2.0, ratio))
    return drawn


def _font(language: str) -> QFont:
    """The first of the families that is there leads: a Chinese face that only fills gaps comes out bold and cut."""
    chinese = ["Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "WenQuanYi Micro Hei"]
    latin = ["Inter", "Noto Sans"]
    there = set(QFontDatabase.families())
    wanted = [*chinese, *latin, "DejaVu Sans"] if language == "zh" else [*latin, *chinese, "DejaVu Sans"]
    font = QFont()
    font.setFamilies([family for family in wanted if family in there] or font.families())
    font.setPixelSize(13)
    return font


def _qt_palette(colours: Palette) -> QPalette:
    made = QPalette()
    role, disabled = QPalette.ColorRole, QPalette.ColorGroup.Disabled
    pairs = {
        role.Window: colours.window, role.WindowText: colours.text, role.Base: colours.surface,
        role.AlternateBase: colours.raised, role.Text: colours.text, role.Button: colours.raised,
        role.ButtonText: colours.text, role.BrightText: colours.bad, role.Highlight: colours.selection,
        role.HighlightedText: colours.text, role.Link: colours.info, role.LinkVisited: colours.a,
        role.ToolTipBase: colours.raised, role.ToolTipText: colours.text, role.PlaceholderText: colours.disabled,
        role.Mid: colours.border, role.Dark: colours.border_strong, role.Midlight: colours.hover,
        role.Light: colours.raised, role.Shadow: colours.border_strong, role.Accent: colours.accent,
    }  # fmt: skip
    for name, colour in pairs.items():
        made.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(disabled, name, QColor(colours.disabled))
    return made


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
