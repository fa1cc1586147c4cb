"""A look at a source that was imported before: what was decided stays decided, what is known is not opened again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.contract.dataset import Finding
from engine.contract.labels import CORRECTED, Correction, Corrections
from engine.contract.text.messages import UserError
from engine.data.checks import Sound
from engine.data.dataset_import import Look, Options, Progress
from engine.data.findings import error, info, warning
from engine.data.formats import read_source
from engine.data.pictures import Probe, probe_all
from engine.data.records import Records, SourceBox, SourcePicture
from engine.data.splits import Elsewhere
from engine.data.sync.changes import stamps_of
from engine.data.sync.dealing import Dealer
from engine.data.sync.earlier import Earlier
from engine.data.sync.matching import Match, match_pictures
from engine.data.sync.unlabelled import bereft, without


class SyncLook(Look):
    """Classes, splits and what was seen of pictures come from `earlier`; labels that were corrected win."""

    def __init__(
        self,
        source: Path,
        earlier: Earlier,
        options: Options,
        corrected: Corrections,
        progress: Progress | None,
        *,
        stop: bool,
    ) -> None:
        super().__init__(source, options, progress, stop=stop)
        self.gone: dict[str, int] = {}
        self.earlier = earlier
        self.corrected = corrected
        self.matches: dict[str, Match] = {}

    def read(self) -> tuple[str, Records]:
        """In the format that was found at the import, whatever else lies in the source by now."""
        form = self.options.format or self.earlier.format
        try:
            found, records = read_source(self.files, form, self.options.classes)
        except UserError as refused:
            if refused.message.code not in ("data.format_absent", "data.unrecognised"):
                raise
            others = refused.message.args.get("others", "-")
            raise UserError("data.format_gone", path=str(self.files.root), format=form, others=others) from refused
        self._tell_numbers(records)
        return found, records

    def _tell_numbers(self, records: Records) -> None:
        """Boxes of a number that means another class by now are of that class, whoever drew them for the old one."""
        before, now = self.earlier.numbers, records.numbers
        other = [number for number in sorted(before.keys() & now.keys()) if before[number] != now[number]]
        used = {box.name for picture in records.pictures for box in picture.boxes}
        told = [f"{number}: {before[number]} -> {now[number]}" for number in other if now[number] in used]
        if told:
            self.add([warning("numbers_changed", ".", numbers=", ".join(told))])

    def classes(self, records: Records) -> tuple[str, ...]:
        """The project's classes as they are: its detectors know them by their places."""
        known = set(self.earlier.classes)
        strange: dict[str, list[tuple[SourcePicture, SourceBox]]] = defaultdict(list)
        for picture in records.pictures:
            for box in picture.boxes:
                if box.name not in known:
                    strange[box.name].append((picture, box))
        for name, held in strange.items():
            picture, box = held[0]
            shown = ", ".join(self.earlier.classes)
            self.add([error("class_new", picture.file, box.place, name=name, count=len(held), known=shown)])
            for picture, box in held:
                picture.boxes.remove(box)
                picture.lost = True
        unused = [name for name in records.classes if name not in known and name not in strange]
        if unused:
            self.add([info("class_new_unused", names=", ".join(unused))])
        return self.earlier.classes

    def probes(self, paths: Sequence[str]) -> list[Probe]:
        """What the index knows of each file that is what it was; only the others are opened."""
        start = len(self.files.start)
        names = [path[start:] for path in paths]
        known = {name: self.earlier.probe(name, self.files.stamps[name]) for name in names}
        todo = [path for path, name in zip(paths, names, strict=True) if known[name] is None]
        if self.progress is not None:
            self.progress(0, len(todo))
        fresh = iter(probe_all(todo, self.progress))
        return [known[name] or next(fresh) for name in names]

    def annotated(self, pictures: Sequence[SourcePicture], probes: Sequence[Probe]) -> list[SourcePicture]:
        """The pictures with what was corrected in the project in place of what the source says."""
        wanted = {
            digest: each for digest, each in self.corrected.pictures.items() if self._is_sound(each)
        }  # what cannot hold is told, and the source's labels stay
        held = [
            _corrected(picture, wanted[probe.digest]) if probe.digest in wanted and not probe.problem else picture
            for picture, probe in zip(self._labelled(pictures, probes), probes, strict=True)
        ]
        there = {probe.digest for probe in probes}
        gone = [each for digest, each in self.corrected.pictures.items() if digest not in there]
        self.add([warning("label_picture_gone", CORRECTED, picture=each.path) for each in gone])
        return held

    def _labelled(self, pictures: Sequence[SourcePicture], probes: Sequence[Probe]) -> list[SourcePicture]:
        """The pictures, those that had boxes and whose label file is gone marked as having lost them."""
        found = list(pictures)
        gone = self.gone = bereft(pictures, probes, self.earlier, self.corrected.pictures)
        for n in gone.values():
            found[n] = replace(pictures[n], lost=True)
        if gone:
            self.findings = list(without(self.findings, gone))
            self.add([warning("label_gone", next(iter(gone)), action="left_out", count=len(gone))])
        return found

    def add(self, findings: Sequence[Finding]) -> None:
        """Keep findings; of labels that are gone all was told at once."""
        super().add(list(without(findings, self.gone)) if self.gone else findings)

    def _is_sound(self, correction: Correction) -> bool:
        strange = [n for n, box in enumerate(correction.boxes) if box.name not in self.earlier.classes]
        if not strange:
            return True
        name, place = correction.boxes[strange[0]].name, f"boxes[{strange[0]}]"
        self.add(
            [warning("label_class_unknown", CORRECTED, place, action="left_out", name=name, picture=correction.path)]
        )
        return False

    def deal(self, pictures: list[Sound], elsewhere: Elsewhere) -> list[Finding]:
        """Splits as they were; new pictures are dealt out as the import dealt."""
        self.matches = match_pictures(pictures, self.earlier)
        if self.earlier.pictures and all(match.was is None for match in self.matches.values()):
            # To take all that is known of pictures from the project would be to make it anew.
            self.add([error("source_other", ".", count=len(self.earlier.pictures))])
        return Dealer(self.earlier, self.options.split, self.options.seed).deal(pictures, self.matches)

    def corrections(self) -> dict[str, str]:
        """All that were looked at, those that could not hold too: the person was told."""
        return stamps_of(self.corrected)


def _corrected(picture: SourcePicture, correction: Correction) -> SourcePicture:
    boxes = [
        SourceBox(box.name, *box.box, place=f"boxes[{n}]", difficult=box.difficult, crowd=box.crowd)
        for n, box in enumerate(correction.boxes)
    ]
    return replace(picture, file=CORRECTED, place="", size=None, relative=False, lost=False, boxes=boxes)
