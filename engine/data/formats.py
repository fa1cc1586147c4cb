"""The dataset formats: which one a folder is in, and its reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.contract.dataset import Finding
from engine.contract.text.messages import UserError
from engine.data.files import HEIC_SUFFIXES, SourceFiles
from engine.data.findings import info, warning
from engine.data.readers import coco, createml, cvat, foreign, labelme, voc, yolo
from engine.data.readers.json_kinds import exports, set_aside
from engine.data.records import Records

FORMATS = {"voc": voc, "coco": coco, "yolo": yolo, "cvat": cvat, "labelme": labelme, "createml": createml}


def detect_format(files: SourceFiles) -> list[str]:
    """The formats that the folder's files fit, the one to take first; empty when it is no dataset."""
    return [key for key, reader in FORMATS.items() if reader.recognise(files)]


def read_source(files: SourceFiles, format: str | None, wanted: Sequence[str] | None) -> tuple[str, Records]:
    """The source's format (found out when None) and its records; raises UserError when it has none.

    Where several formats fit, the one is read that has boxes for the most pictures.
    """
    path = str(files.root)
    if format is not None and format not in FORMATS:
        raise UserError("data.format_unknown", format=format, known=", ".join(FORMATS))
    own = _pass_over_exports(files, format)
    fitting = detect_format(files)
    if format is not None and format not in fitting:
        raise UserError("data.format_absent", path=path, format=format, others=", ".join(fitting) or "-")
    if not fitting:
        heic = files.ending(*HEIC_SUFFIXES)
        if heic and not files.pictures():
            raise UserError("data.heic_only", file=str(files.root / heic[0]), count=len(heic))
        found = foreign.owner(files)
        if found is not None:
            raise UserError("data.foreign", path=str(files.root / found[0]), owner=found[1])
        raise UserError("data.unrecognised", path=path)
    key, records, notes = _fullest(files, [format] if format else fitting, wanted)
    others = [other for other in fitting if other != key]
    if others and format is None:
        records.findings.append(info("format_chosen", format=key, others=", ".join(others)))
    elif others:
        fuller, most, _ = _fullest(files, others, wanted)
        if labelled(most) > labelled(records):
            records.fuller = fuller
            counts: dict[str, Any] = {"count": labelled(records), "more": labelled(most)}
            records.findings.append(warning("format_fuller", "", format=key, fuller=fuller, **counts))
    records.findings += [*notes, *own]
    for name in files.misnamed:
        records.findings.append(info("name_not_utf8", name, action="left_out"))
    return key, records


def _pass_over_exports(files: SourceFiles, format: str | None) -> list[Finding]:
    """What was written of a project's labels into its source says the same again, or what they were before an edit.

    Where a source has nothing else, as one that was given away with it, that is read.
    """
    own = exports(files)
    if not own:
        return []
    set_aside(files, own)
    if coco.recognise(files) or (format != "coco" and detect_format(files)):
        return [warning("export_passed_over", own[0], action="left_out", count=len(own))]
    set_aside(files, ())
    return []


def _fullest(
    files: SourceFiles, fitting: Sequence[str], wanted: Sequence[str] | None
) -> tuple[str, Records, list[Finding]]:
    read = []
    for key in fitting:
        records = FORMATS[key].read(files, wanted)
        read.append((key, records, files.take_notes()))
    return max(read, key=lambda each: labelled(each[1]))


def labelled(records: Records) -> int:
    """How many pictures are there with a box."""
    return sum(picture.path is not None and bool(picture.boxes) for picture in records.pictures)
