"""The dataset formats: which one a folder is in, and its reader."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contract.text.messages import UserError
from engine.data import coco, voc, yolo
from engine.data.files import SourceFiles
from engine.data.findings import info
from engine.data.records import Records

FORMATS = {"voc": voc, "coco": coco, "yolo": yolo}


def detect_format(files: SourceFiles) -> list[str]:
    """The formats that the folder's files fit, the one to take first; empty when it is no dataset."""
    return [key for key, reader in FORMATS.items() if reader.recognise(files)]


def read_source(files: SourceFiles, format: str | None, wanted: Sequence[str] | None) -> tuple[str, Records]:
    """The source's format (found out when None) and its records; raises UserError when it has none."""
    path = str(files.root)
    if format is not None and format not in FORMATS:
        raise UserError("data.format_unknown", format=format, known=", ".join(FORMATS))
    fitting = [format] if format is not None else detect_format(files)
    if not fitting:
        raise UserError("data.unrecognised", path=path)
    key = fitting[0]
    if format is not None and not FORMATS[key].recognise(files):
        others = ", ".join(detect_format(files)) or "-"
        raise UserError("data.format_absent", path=path, format=key, others=others)
    records = FORMATS[key].read(files, wanted)
    if len(fitting) > 1:
        records.findings.append(info("format_chosen", format=key, others=", ".join(fitting[1:])))
    for name in files.misnamed:
        records.findings.append(info("name_not_utf8", name, action="left_out"))
    return key, records
