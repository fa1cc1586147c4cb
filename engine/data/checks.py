"""Settles each picture: its real size, and which of its boxes can stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.contract.dataset import Action, Box, Finding, Part
from engine.contract.pictures.turning import UPRIGHT, Edges, turned_box
from engine.data.files import HEIC_SUFFIXES, SourceFiles, clean, loose, without_suffix
from engine.data.findings import error, info, warning
from engine.data.pictures import Probe
from engine.data.records import SourceBox, SourcePicture

# Rounded shares and LabelImg's one-based corners stray by less than this; no one needs to hear of it.
STRAY_PX = 0.5
MIN_SIDE_PX = 0.01


@dataclass
class Sound:
    """A picture that can be used; `path` is relative to the source, boxes lie inside it and have an area."""

    path: str
    file: str
    place: str
    probe: Probe
    part: Part
    boxes: list[Box] = field(default_factory=list)


class PictureCheck:
    """Turns source pictures into sound ones; what it finds goes to `findings`, with `fix` already mended."""

    def __init__(self, files: SourceFiles, classes: Mapping[str, int], *, fix: bool) -> None:
        self.files = files
        self.classes = classes
        self.fix = fix
        self.findings: list[Finding] = []
        self._heic = {_stem(path): path for path in files.ending(*HEIC_SUFFIXES)}
        self._heic_met: list[str] = []

    def heic_of(self, picture: SourcePicture) -> str | None:
        """The HEIC file that is meant by a picture which is not there."""
        return self._heic.get(_stem(picture.name)) if picture.path is None else None

    def heic(self, annotated: int) -> list[Finding]:
        """What a person should know of pictures in HEIC: once, however many there are of `annotated` ones."""
        if not self._heic_met:
            left = list(self._heic.values())
            return [info("heic_unused", left[0], action="left_out", count=len(left))] if left else []
        # To leave all out would mend nothing.
        mend: Action | None = "left_out" if len(self._heic_met) < annotated else None
        found = error("pictures_heic", self._heic_met[0], mend=mend, count=len(self._heic_met))
        return [found.mended() if self.fix else found]

    def locate(self, picture: SourcePicture) -> str | None:
        """The whole path of the picture's file; None, with a finding, when there is none."""
        if picture.path is not None:
            return self.files.start + picture.path
        heic = self.heic_of(picture)
        if heic is not None:
            self._heic_met.append(heic)
            return None
        where = picture.place
        self._found(error("picture_missing", picture.file, where, mend="left_out", picture=picture.name))
        return None

    def settle(self, picture: SourcePicture, probe: Probe, *, stored: bool = False) -> Sound | None:
        """The picture with the boxes that can stand; None when it is left out. `stored` boxes are turned with it."""
        path = picture.path or picture.name
        if probe.problem == "heic":
            self._heic_met.append(path)
            return None
        if probe.problem is not None:
            self._found(error(f"picture_{probe.problem}", path, mend="left_out", by=picture.file))
            return None
        sound = Sound(path, picture.file, picture.place, probe, picture.part)
        frame = probe.stored_size if stored else (probe.width, probe.height)
        turn = probe.orientation if stored else UPRIGHT
        scale = self._scale(picture, frame)
        seen: set[tuple[int, float, float, float, float]] = set()
        for source in picture.boxes:
            box = self._box(picture, source, _edges(source, scale, frame, turn), probe)
            if box is None:
                continue
            key = (box.class_id, box.x1, box.y1, box.x2, box.y2)
            if key in seen:
                found = warning("box_repeated", picture.file, source.place, mend="dropped", name=source.name)
                self._found(found)
                if self.fix:
                    continue
            seen.add(key)
            sound.boxes.append(box)
        if not sound.boxes and (picture.lost or picture.boxes):
            # Without a file of its own it is a picture among labels that have none.
            code = "label_astray" if picture.file == path else "label_lost"
            self._found(warning(code, picture.file, action="left_out", picture=path))
            return None
        return sound

    def _found(self, finding: Finding) -> None:
        self.findings.append(finding.mended() if self.fix else finding)

    def _scale(self, picture: SourcePicture, frame: tuple[int, int]) -> tuple[float, float]:
        """What the annotation's numbers are multiplied by to be pixels of the frame that they were drawn on."""
        if picture.relative:
            return float(frame[0]), float(frame[1])
        if picture.size is None or picture.size == frame:
            return 1.0, 1.0
        width, height = picture.size
        x, y = frame[0] / width, frame[1] / height
        # The same shape at another size was resized after it was annotated; another shape tells nothing.
        resized = abs(x / y - 1) < 0.02
        self._found(
            warning(
                "picture_resized",
                picture.file,
                picture.place,
                mend="scaled" if resized else None,
                picture=picture.path or picture.name,
                annotated=f"{width} x {height}",
                real=f"{frame[0]} x {frame[1]}",
            )
        )
        return (x, y) if resized and self.fix else (1.0, 1.0)

    def _box(self, picture: SourcePicture, source: SourceBox, edges: Edges, probe: Probe) -> Box | None:
        """The box in pixels, cut to the picture; None, with a finding, when nothing is left of it."""
        x1, y1, x2, y2 = edges
        width, height = float(probe.width), float(probe.height)
        kind, flags = self.classes[source.name], (source.difficult, source.crowd)
        if 0.0 <= x1 <= x2 - MIN_SIDE_PX and x2 <= width and 0.0 <= y1 <= y2 - MIN_SIDE_PX and y2 <= height:
            # As nearly all are: there is nothing to cut.
            return Box(kind, x1, y1, x2, y2, *flags, picture.file, source.place)
        inside = (max(x1, 0.0), max(y1, 0.0), min(x2, width), min(y2, height))
        cut = max(abs(a - b) for a, b in zip(inside, edges, strict=True)) >= STRAY_PX
        empty = x2 - x1 < MIN_SIDE_PX or y2 - y1 < MIN_SIDE_PX
        gone = inside[2] - inside[0] < MIN_SIDE_PX or inside[3] - inside[1] < MIN_SIDE_PX
        if cut or empty or gone:
            self._odd(picture, source, edges, probe, "box_degenerate" if empty else "box_outside" if gone else "")
        if empty or gone:
            return None
        return Box(kind, *inside, *flags, picture.file, source.place)

    def _odd(self, picture: SourcePicture, source: SourceBox, edges: Edges, probe: Probe, code: str) -> None:
        """Say what is wrong with a box: by `code` what has it dropped, else that it is cut."""
        args: dict[str, Any] = {
            "name": source.name,
            "box": " ".join(f"{n:.6g}" for n in edges),
            "size": f"{probe.width} x {probe.height}",
        }
        if code == "box_degenerate":
            self._found(warning("box_degenerate", picture.file, source.place, action="dropped", **args))
        elif code == "box_outside":
            self._found(warning("box_outside", picture.file, source.place, action="dropped", **args))
        else:
            self._found(warning("box_clipped", picture.file, source.place, action="clipped", **args))


def _edges(source: SourceBox, scale: tuple[float, float], frame: tuple[int, int], orientation: int) -> Edges:
    """A box in pixels of the turned picture; `frame` is the size of what it was drawn on."""
    x, y = scale
    if orientation == UPRIGHT:
        return source.x1 * x, source.y1 * y, source.x2 * x, source.y2 * y
    return turned_box((source.x1 * x, source.y1 * y, source.x2 * x, source.y2 * y), *frame, orientation)


def _stem(name: str) -> str:
    return loose(without_suffix(clean(name).rsplit("/", 1)[-1]))
