"""What a sync changes in an index, picture by picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from engine.contract.dataset import Drawn, Finding, Picture
from engine.contract.source.changes import EXAMPLES, Example, Kind, Mend, SyncCounts
from engine.data.sync.earlier import Earlier
from engine.data.sync.matching import Match


class Summary:
    """Compares an index as it was with the pictures that it will hold, by their paths in the source."""

    def __init__(self, earlier: Earlier, corrections: Mapping[str, str]) -> None:
        self.earlier = earlier
        self.corrections = corrections
        self._found: dict[Kind, list[Example]] = {}

    def compare(self, pictures: Mapping[str, Picture], matches: Mapping[str, Match]) -> None:
        """Tell all that is not as it was."""
        for path, picture in pictures.items():
            was = matches[path].was
            if was is None:
                self._tell("added", path, after=picture.split)
            else:
                self._compare(path, picture, was)
        for path in sorted(self.earlier.pictures.keys() - {match.was for match in matches.values()}):
            self._tell("gone", path, before=self.earlier.pictures[path].split)

    def counts(self) -> SyncCounts:
        """How many there are of each kind."""
        return SyncCounts(**{kind: len(found) for kind, found in self._found.items()})

    def examples(self) -> tuple[Example, ...]:
        """The first of each kind."""
        return tuple(example for found in self._found.values() for example in found[:EXAMPLES])

    def _compare(self, path: str, picture: Picture, was: str) -> None:
        before, drawn = self.earlier.pictures[was], self.earlier.boxes[was]
        redrawn = [(b.class_id, b.x1, b.y1, b.x2, b.y2, b.difficult, b.crowd) for b in picture.boxes]
        other = drawn != redrawn and sorted(drawn) != sorted(redrawn)
        if was != path:
            self._tell("renamed", path, before=was)
        if before.split != picture.split:
            self._tell("moved", path, before=before.split, after=picture.split)
        if other and self._is_corrected_anew(before, picture):
            self._tell_boxes("corrected", path, drawn, redrawn)
        elif before.digest != picture.digest:
            self._tell_boxes("replaced", path, drawn, redrawn)
        elif other:
            self._tell_boxes("relabelled", path, drawn, redrawn)

    def _is_corrected_anew(self, before: Picture, picture: Picture) -> bool:
        """Whether what was corrected in the project is another thing for it than it was."""
        same = before.digest == picture.digest
        return same and self.earlier.corrections.get(before.digest) != self.corrections.get(picture.digest)

    def _tell_boxes(self, kind: Kind, path: str, before: Sequence[Drawn], after: Sequence[Drawn]) -> None:
        self._tell(kind, path, before=self._shown(before), after=self._shown(after))

    def _tell(self, kind: Kind, path: str, before: str = "", after: str = "") -> None:
        self._found.setdefault(kind, []).append(Example(kind=kind, path=path, before=before, after=after))

    def _shown(self, boxes: Sequence[Drawn]) -> str:
        counts = Counter(self.earlier.classes[int(box[0])] for box in boxes)
        return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "0"


def mends_of(findings: Iterable[Finding]) -> tuple[Mend, ...]:
    """What `--fix` would do, once for each kind of finding."""
    kinds: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.mend is not None:
            kinds.setdefault(f"{finding.message.code} {finding.mend}", []).append(finding)
    return tuple(_mend(found) for found in kinds.values())


def _mend(found: Sequence[Finding]) -> Mend:
    first = found[0]
    assert first.mend is not None, "these alone are taken"
    return Mend(message=first.message, file=first.file, action=first.mend, count=len(found))
