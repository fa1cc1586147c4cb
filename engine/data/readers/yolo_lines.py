"""What the lines of YOLO labels mean: as the yaml declares it, or as all of them agree.

Five numbers are a class and a box. A sixth is a score, last or (as some tools write it) after the class: where it
stands is told by which boxes lie in their pictures, and where none do it is not read. More are read by what is
declared: a pose (`kpt_shape`) begins with its box, an outline becomes the box around it. Where nothing is
declared, points that lie in the box which a pose would have may be either, and a count that fits nothing is not
read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from engine.contract.dataset import Action, Finding
from engine.data.findings import error, info, warning
from engine.data.readers.values import number
from engine.data.readers.yolo_layout import Declared
from engine.data.records import Records, SourceBox, SourcePicture

# Labels reach over the edge by a little, never by a whole picture: then they are pixels.
MAX_SHARE = 2.0
_OVER = 0.05
"""How far boxes may reach over the edge and still speak for a reading of their numbers."""
_TINY = 0.001
_UNMET = "\n"


@dataclass(frozen=True)
class _Line:
    picture: SourcePicture
    number: int
    name: str
    numbers: Sequence[float]
    declared: Declared


class _Order:
    """Judges whether four numbers are middle and size: of all boxes, and counted only, as there may be millions."""

    def __init__(self) -> None:
        self._boxes = self._outside = 0
        self._first = ("", 0)
        self._corners = self._left_upper = True

    def count(self, file: str, place: int, box: SourceBox) -> None:
        """Take a box into account."""
        self._boxes += 1
        x1, y1, x2, y2 = box.x1, box.y1, box.x2, box.y2
        if not (-_OVER <= x1 < x2 <= 1 + _OVER and -_OVER <= y1 < y2 <= 1 + _OVER):
            self._first = self._first if self._outside else (file, place)
            self._outside += 1
        if self._corners or self._left_upper:
            # The numbers as they are written.
            x, y, right, lower = (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1
            self._corners = self._corners and -_TINY <= x < right <= 1 + _TINY and -_TINY <= y < lower <= 1 + _TINY
            inside = min(x, y) >= -_TINY and x + right <= 1 + _TINY and y + lower <= 1 + _TINY
            self._left_upper = self._left_upper and inside

    def judged(self) -> list[Finding]:
        """An error where boxes lie outside as they are read, and none does if numbers are corners or one and a size."""
        few = self._boxes < 4 or self._outside * 4 <= self._boxes
        if few or not (self._corners or self._left_upper):
            return []
        file, place = self._first
        return [error("yolo_corners", file, f"line {place}", count=self._outside, boxes=self._boxes)]


class LabelLines:
    """The lines of all labels; what is more than a box waits until all are known."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self._waiting: list[_Line] = []
        self._readable = False
        self._names: tuple[Mapping[int, str] | None, dict[str, str | None]] | None = None
        self._unreadable: tuple[str, int, str] | None = None
        self._refused: dict[tuple[str, str], list[_Line]] = defaultdict(list)
        self._order = _Order()

    def read(self, picture: SourcePicture, text: str, names: Mapping[int, str] | None, declared: Declared) -> None:
        """Add the boxes of one label file."""
        called = self._called(names)
        for place, line in enumerate(text.splitlines(), 1):
            words = line.split()
            if not words:
                continue
            name = called.get(words[0], _UNMET)
            if name is _UNMET:
                name = called[words[0]] = _name(words[0], names)
            box = None if "_" in line else _plain_box(name, words, place)
            if box is not None:
                self._readable = True
                picture.boxes.append(box)
                self._order.count(picture.file, place, box)
                continue
            numbers = [value for value in map(number, words[1:]) if value is not None]
            if name is None or len(numbers) != len(words) - 1 or len(numbers) < 4:
                found = warning("box_unreadable", picture.file, f"line {place}", action="dropped")
                self.records.findings.append(found)
                self._unreadable = self._unreadable or (picture.file, place, line.strip()[:40])
                picture.lost = True
                continue
            self._readable = True
            read = _Line(picture, place, name, numbers, declared)
            if len(numbers) == 4:
                self._box(read)
            else:
                self._waiting.append(read)

    def _called(self, names: Mapping[int, str] | None) -> dict[str, str | None]:
        """What first words were found to mean under `names`."""
        if self._names is None or self._names[0] is not names:
            self._names = (names, {})
        return self._names[1]

    def finish(self) -> None:
        """Read what waited, and say what was refused: once for each file."""
        waiting, self._waiting = self._waiting, []
        undeclared = [line for line in waiting if line.declared == Declared()]
        doubtful = _may_be_poses(undeclared)
        scored = [line for line in undeclared if len(line.numbers) == 5]
        places = _score_places([line.numbers for line in scored])
        outlines = 0
        for line in waiting:
            count = len(line.numbers)
            if line.declared.pose:
                self._box(line) if count == 4 + line.declared.pose else self._refuse(line, "yolo_pose_columns")
            elif count == 5 and places and not line.declared.outline:
                self._box(replace(line, numbers=_without(line.numbers, places[0])))
            elif count < 6 or count % 2:
                self._refuse(line, "yolo_columns")
            elif doubtful and not line.declared.outline:
                self._refuse(line, "yolo_ambiguous")
            else:
                outlines += 1
                self._outline(line)
        for picture in {id(line.picture): line.picture for line in waiting}.values():
            picture.boxes.sort(key=lambda box: int(box.place.split()[-1]))
        self._tell_scores(scored, places)
        self.records.findings += self._order.judged()
        self._tell(waiting, outlines)

    def _tell_scores(self, scored: Sequence[_Line], places: Sequence[int]) -> None:
        """Name the column that is taken for scores; where two could be, a person should look."""
        if not scored or not places:
            return
        file, findings = scored[0].picture.file, self.records.findings
        if places[0] == 0:
            findings.append(warning("yolo_scores_first", file, count=len(scored)))
        elif len(places) > 1:
            findings.append(warning("yolo_scores_either", file, count=len(scored)))
        else:
            findings.append(info("yolo_scores", file, count=len(scored)))

    def _tell(self, waiting: Sequence[_Line], outlines: int) -> None:
        findings = self.records.findings
        if self._unreadable and not self._readable:
            file, number, shown = self._unreadable
            findings.append(error("yolo_other", file, f"line {number}", line=shown))
        if outlines:
            findings.append(info("yolo_outlines", waiting[0].picture.file, count=outlines))
        refused = list(self._refused.items())
        for _, lines in refused:
            lines[0].picture.boxes, lines[0].picture.lost = [], True
        if not any(picture.boxes for picture in self.records.pictures):
            # All are meant as the first: to leave them out would leave nothing.
            refused = list({code: ((file, code), lines) for (file, code), lines in reversed(refused)}.values())
            findings += [self._refusal(code, lines[0], None) for (_, code), lines in refused]
        else:
            findings += [self._refusal(code, lines[0], "left_out") for (_, code), lines in refused]

    def _refusal(self, code: str, line: _Line, mend: Action | None) -> Finding:
        file, place, columns = line.picture.file, f"line {line.number}", len(line.numbers) + 1
        if code == "yolo_columns":
            return error("yolo_columns", file, place, mend=mend, columns=columns)
        if code == "yolo_ambiguous":
            return error("yolo_ambiguous", file, place, mend=mend, columns=columns)
        if code == "yolo_pixels":
            return error("yolo_pixels", file, place, mend=mend, number=f"{max(line.numbers, key=abs):g}")
        wanted = 5 + line.declared.pose
        return error("yolo_pose_columns", file, place, mend=mend, columns=columns, wanted=wanted)

    def _refuse(self, line: _Line, code: str) -> None:
        self._refused[line.picture.file, code].append(line)

    def _box(self, line: _Line) -> None:
        if max(map(abs, line.numbers[:4])) > MAX_SHARE:
            self._refuse(line, "yolo_pixels")
            return
        line.picture.boxes.append(_box_of(line.name, line.numbers, line.number))

    def _outline(self, line: _Line) -> None:
        if max(map(abs, line.numbers)) > MAX_SHARE:
            self._refuse(line, "yolo_pixels")
            return
        xs, ys = line.numbers[::2], line.numbers[1::2]
        line.picture.boxes.append(SourceBox(line.name, min(xs), min(ys), max(xs), max(ys), f"line {line.number}"))


def _plain_box(name: str | None, words: Sequence[str], line: int) -> SourceBox | None:
    """What most lines are by far: a class and the four shares of a box; None for all else, which is looked at."""
    if name is None or len(words) != 5:
        return None
    try:
        numbers = list(map(float, words[1:]))
    except ValueError:
        return None
    # What is no number at all, or without end, is not within bounds either.
    within = all(-MAX_SHARE <= value <= MAX_SHARE for value in numbers)
    return _box_of(name, numbers, line) if within else None


def _box_of(name: str, numbers: Sequence[float], line: int) -> SourceBox:
    cx, cy, width, height = numbers[:4]
    right, down = width / 2, height / 2
    return SourceBox(name, cx - right, cy - down, cx + right, cy + down, _place(line))


@lru_cache(maxsize=1 << 10)
def _place(line: int) -> str:
    return f"line {line}"


def _without(numbers: Sequence[float], place: int) -> Sequence[float]:
    return [*numbers[:place], *numbers[place + 1 :]]


def _lies_within(numbers: Sequence[float]) -> bool:
    """Whether a box has an area and lies in its picture, but for a little over the edge."""
    cx, cy, width, height = numbers
    over = max(width / 2 - cx, cx + width / 2 - 1, height / 2 - cy, cy + height / 2 - 1)
    return width > 0 and height > 0 and over <= _OVER


def _score_places(lines: Sequence[Sequence[float]]) -> list[int]:
    """Which of five numbers may be the score, the likeliest first: so that it is a share and boxes lie in pictures."""
    outside: dict[int, int] = {}
    for place in (4, 0):
        if all(0 <= numbers[place] <= 1 for numbers in lines):
            boxes = [_without(numbers, place) for numbers in lines]
            # What is in pixels tells nothing of the usual order, and is refused as such.
            outside[place] = sum(not _lies_within(b) for b in boxes if not place or max(map(abs, b)) <= MAX_SHARE)
    least = min(outside.values(), default=0)
    return [place for place, count in outside.items() if count == least and count * 4 <= len(lines)]


def _name(word: str, names: Mapping[int, str] | None) -> str | None:
    """The class that the first word of a line means; None when it is neither a class number nor a name."""
    key = number(word)
    if key is None or not key.is_integer() or key < 0:
        return word if names is not None and word in names.values() else None
    if names is None:
        return str(int(key))
    # No class is called #7, so settle_classes reports the box with its place.
    return names.get(int(key), f"#{int(key)}")


def _may_be_poses(lines: Sequence[_Line]) -> bool:
    """Whether all long lines have one count of numbers, and most have their points in the box of a pose."""
    points = [line.numbers for line in lines if len(line.numbers) >= 6 and len(line.numbers) % 2 == 0]
    if not points or len({len(numbers) for numbers in points}) > 1:
        return False
    if all(len(numbers) == 8 and _is_rectangle(numbers) for numbers in points):
        return False
    inside = sum(any(_encloses(numbers, step) for step in (2, 3)) for numbers in points)
    return inside * 2 >= len(points)


def _is_rectangle(numbers: Sequence[float]) -> bool:
    """Whether four points are the corners of a turned box: its diagonals halve each other."""
    x1, y1, x2, y2, x3, y3, x4, y4 = numbers
    return abs(x1 + x3 - x2 - x4) < 0.005 and abs(y1 + y3 - y2 - y4) < 0.005


def _encloses(numbers: Sequence[float], step: int) -> bool:
    cx, cy, width, height = numbers[:4]
    rest = numbers[4:]
    if len(rest) % step or width <= 0 or height <= 0:
        return False
    # What is not seen stands at 0, 0.
    points = [(rest[n], rest[n + 1]) for n in range(0, len(rest), step) if rest[n] or rest[n + 1]]
    return all(abs(x - cx) <= width * 0.55 and abs(y - cy) <= height * 0.55 for x, y in points)
