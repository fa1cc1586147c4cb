"""From a source folder to a report, and to the project's index. Source files are only ever read.

Always done, since an index could not hold them: boxes are cut to their picture, and boxes without an area,
outside their picture or not readable are dropped. Errors (an annotation of a picture that is not there, a
file that is no picture, a class outside the list, a file that is cut off) stop an import. With `fix` what can
be mended is mended in the index: pictures that stop the import are left out, boxes of unknown classes and
repeated boxes are dropped, boxes of a resized picture are scaled, of copies of one file only the one furthest
from training stays in use. What only looks the same, or is odd but usable, is reported and kept.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from engine.contract.dataset import Finding, Part, Picture
from engine.contract.report import Report
from engine.contract.run.job import ExifFrame
from engine.contract.text.messages import UserError
from engine.data import likeness, splits, statistics
from engine.data.checks import PictureCheck, Sound
from engine.data.files import SourceFiles
from engine.data.findings import error, info
from engine.data.formats import read_source
from engine.data.frames import settle_frames
from engine.data.index import Contents, write_index
from engine.data.kept import Kept, kept_pictures
from engine.data.pictures import Probe, probe_all
from engine.data.records import Records, SourcePicture

Progress = Callable[[int, int], None]


class Options(BaseModel):
    """How a source is looked at; the index keeps it, to look again in the same way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str | None = None
    split: tuple[float, float, float] | None = None
    classes: tuple[str, ...] | None = None
    fix: bool = False
    exif: ExifFrame | Literal["ask"] | None = None
    seed: int = 0


def import_dataset(
    source: Path,
    index_path: Path,
    *,
    format: str | None = None,
    split: tuple[float, float, float] | None = None,
    classes: Sequence[str] | None = None,
    fix: bool = False,
    exif: ExifFrame | Literal["ask"] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Report:
    """Validate the dataset in `source` and write its index; no picture is copied.

    `split` (shares of train, val, test) is drawn with `seed` and wins over the source's own. `progress` is
    told pictures done and in all. Raises UserError at the first error that `fix` does not mend, and then
    writes nothing; JobFailed when the disk refuses the index.
    """
    listed = tuple(classes) if classes else None
    options = Options(format=format, split=split, classes=listed, fix=fix, exif=exif, seed=seed)
    look = Look(source, options, progress, stop=True)
    contents = look.contents()
    write_index(index_path, contents)
    return look.report(contents)


def check_dataset(
    source: Path,
    *,
    format: str | None = None,
    split: tuple[float, float, float] | None = None,
    classes: Sequence[str] | None = None,
    fix: bool = False,
    exif: ExifFrame | Literal["ask"] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Report:
    """The report that an import would give, with all errors; nothing is written, `fix` tells what it mends.

    Raises UserError only when there is no dataset to look at.
    """
    listed = tuple(classes) if classes else None
    options = Options(format=format, split=split, classes=listed, fix=fix, exif=exif, seed=seed)
    look = Look(source, options, progress, stop=False)
    return look.report(look.contents())


def _unused(files: SourceFiles, records: Records) -> list[str]:
    named = {picture.path for picture in records.pictures}
    return [path for path in files.pictures() if path not in named]


def _unannotated(files: SourceFiles, records: Records, check: PictureCheck) -> list[Finding]:
    """What annotations and pictures do not share: some pictures of the folder, or all that are annotated."""
    missing = [picture for picture in records.pictures if picture.path is None and check.heic_of(picture) is None]
    if len(missing) == len(records.pictures) > 1:
        first = missing[0]
        return [error("pictures_missing", first.file, first.place, count=len(missing), picture=first.name)]
    unused = _unused(files, records)
    return [info("pictures_unused", unused[0], count=len(unused))] if unused and records.pictures else []


def _unopened(there: Sequence[tuple[SourcePicture, str]], probes: Sequence[Probe]) -> list[Finding]:
    """To leave all pictures out would mend nothing."""
    if len(there) < 2 or not all(probe.problem and probe.problem != "heic" for probe in probes):
        return []
    return [error("pictures_unreadable", there[0][0].path or "", count=len(there))]


def _elsewhere(files: SourceFiles, records: Records) -> splits.Elsewhere:
    return splits.Elsewhere(records.fuller, len(_unused(files, records)))


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """A look makes millions of small objects that all stay: to search them for circles over and over finds nothing."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class Look:
    """One look at a source; with `stop` the first error that is not mended is raised once it is known.

    What the first look at a source decides and a later one keeps stands in methods of its own (see `sync.look`).
    """

    def __init__(self, source: Path, options: Options, progress: Progress | None, *, stop: bool) -> None:
        if options.split is not None:
            splits.check_split(options.split)
        self.files = SourceFiles(source)
        self.options = options
        self.progress = progress
        self.stop = stop
        self.findings: list[Finding] = []

    @uncollected()
    def contents(self) -> Contents:
        """Read, probe, settle, split, compare and count."""
        fix = self.options.fix
        form, records = self.read()
        self.add([finding.mended() if fix else finding for finding in records.findings])
        records.classes = self.classes(records)
        check = PictureCheck(self.files, {name: n for n, name in enumerate(records.classes)}, fix=fix)
        self.add(_unannotated(self.files, records, check))
        located = [(picture, check.locate(picture)) for picture in records.pictures]
        self.add(check.findings)
        there = [(picture, path) for picture, path in located if path is not None]
        probes = self.probes([path for _, path in there])
        self.add(_unopened(there, probes))
        check.findings = []
        annotated, settled = self._settled(check, [picture for picture, _ in there], probes)
        self.add([*check.heic(len(records.pictures)), *check.findings])
        sound = [picture for picture in settled if picture is not None]
        declared = {picture.path: picture.part for picture in sound}
        dealt: dict[str, Part] = {}
        if sound:
            self.add(self.deal(sound, _elsewhere(self.files, records)))
            dealt = {picture.path: picture.part for picture in sound}
            self.add(likeness.mend_copies(sound, fix=fix))
            self.add(likeness.lookalikes(sound))
        counts = statistics.count(sound, records.classes)
        self.add(statistics.judge(counts, records.classes))
        pictures = self._pictures(sound)
        # Who imported was there to be asked; who brings the index up to date later is told.
        asked = self.options.exif if self.options.exif != "ask" else None
        options = self.options.model_copy(update={"exif": asked}).model_dump_json()
        seen = {picture.path or "": probe for picture, probe in zip(annotated, probes, strict=True)}
        kept = Kept(
            self.files.worth_keeping(), kept_pictures(seen, declared, dealt), self.corrections(), records.numbers
        )
        return Contents(self.files.root, form, options, records.classes, pictures, self.findings, counts, kept)

    def _settled(
        self, check: PictureCheck, pictures: Sequence[SourcePicture], probes: Sequence[Probe]
    ) -> tuple[list[SourcePicture], list[Sound | None]]:
        """The pictures with the boxes that hold for them, and what becomes of each."""
        stored, findings = settle_frames(pictures, probes, self.options.exif)
        self.add(findings)
        annotated = self.annotated(pictures, probes)
        # Labels that were corrected in the project are of the picture as it is shown.
        shown = {n for n, (one, other) in enumerate(zip(pictures, annotated, strict=True)) if one is not other}
        settled = [
            check.settle(picture, probe, stored=n in stored and n not in shown)
            for n, (picture, probe) in enumerate(zip(annotated, probes, strict=True))
        ]
        return annotated, settled

    def read(self) -> tuple[str, Records]:
        """The source's format and its records."""
        return read_source(self.files, self.options.format, self.options.classes)

    def classes(self, records: Records) -> tuple[str, ...]:
        """The classes of the index, in order."""
        return records.classes

    def probes(self, paths: Sequence[str]) -> list[Probe]:
        """What each picture file is, in order."""
        return probe_all(paths, self.progress)

    def annotated(self, pictures: Sequence[SourcePicture], probes: Sequence[Probe]) -> list[SourcePicture]:
        """The pictures with the boxes that hold for them, in order."""
        return list(pictures)

    def deal(self, pictures: list[Sound], elsewhere: splits.Elsewhere) -> list[Finding]:
        """Give every picture its split."""
        return splits.assign(pictures, self.options.split, self.options.seed, elsewhere)

    def corrections(self) -> dict[str, str]:
        """Stamps of the corrected labels that were taken in, by digest."""
        return {}

    def report(self, contents: Contents) -> Report:
        """The report of what the look found."""
        return Report(
            source=str(contents.source),
            format=contents.format,
            classes=contents.classes,
            fixed=self.options.fix,
            findings=tuple(contents.findings),
            statistics=contents.statistics,
            content_hash=contents.hash(),
        )

    def add(self, findings: Sequence[Finding]) -> None:
        """Keep findings, and stop at one that stops."""
        self.findings.extend(findings)
        for finding in findings:
            if self.stop and finding.severity == "error":
                file = str(self.files.root / finding.file)
                raise UserError(finding.message.code, **{**finding.message.args, "file": file})

    def _pictures(self, sound: Sequence[Sound]) -> list[Picture]:
        ordered = sorted(sound, key=lambda picture: picture.path)
        start = self.files.start
        return [
            Picture(
                number,
                start + picture.path,
                picture.probe.width,
                picture.probe.height,
                picture.part,
                picture.probe.digest,
                tuple(picture.boxes),
            )
            for number, picture in enumerate(ordered, 1)
        ]
