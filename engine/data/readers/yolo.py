"""Reads YOLO txt: one text file per picture, a line `class cx cy w h` per box, in shares of the picture.

Understood: `images/` beside `labels/` with splits above or below, labels beside their pictures, and a
`data.yaml` whose `names`, `kpt_shape`, `train`, `val` and `test` (folders, lists of them, or txt lists of
pictures) are followed as far as they lie inside the source. A picture without a text file is a picture without
boxes, unless a label nearby has lost its picture. Lines count from 1; `yolo_lines` tells what they mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.contract.dataset import Part
from engine.data import class_names
from engine.data.files import SourceFiles, part_of, without_suffix
from engine.data.findings import error, info, warning
from engine.data.readers.yolo_layout import Layout, read_layout
from engine.data.readers.yolo_lines import LabelLines
from engine.data.readers.yolo_pairs import Pairs, is_source, label_files, pair, unlabelled_folders
from engine.data.records import Records, SourcePicture, settle_classes


def recognise(files: SourceFiles) -> bool:
    """Whether the folder holds YOLO labels: texts with boxes, or empty ones, that go with pictures."""
    return is_source(files)


def read(files: SourceFiles, wanted: Sequence[str] | None) -> Records:
    """All pictures of the source; `wanted` or its own `names` say what a class number means.

    Without either the classes are called by their numbers.
    """
    records = Records()
    labels = label_files(files)
    layout = read_layout(files, labels, records.findings)
    every = files.pictures()
    parts = _parts(every, layout, records)
    pairs = pair(files, every, labels, records)
    lines = LabelLines(records)
    named = dict(enumerate(wanted)) if wanted else None
    for path, part in parts.items():
        label = pairs.labels.get(path)
        picture = SourcePicture(path, path, label or path, part=part, relative=True, lost=path in pairs.lost)
        records.pictures.append(picture)
        if label is not None:
            lines.read(picture, files.text(label), layout.names(label) or named, layout.meant(label))
    lines.finish()
    if every and not pairs.labels and pairs.orphans:
        # To leave every label out would leave no box.
        args: dict[str, Any] = {"count": len(pairs.orphans), "picture": every[0]}
        records.findings.append(error("labels_apart", pairs.orphans[0], **args))
        pairs.orphans = []
    for label in pairs.orphans:
        records.pictures.append(SourcePicture(without_suffix(label), None, label, "line 1", relative=True))
    _tell_bare(parts, pairs, records)
    records.classes = class_names.merged(layout.all_lists()) or tuple(wanted or ())
    if not records.classes:
        names = {box.name for picture in records.pictures for box in picture.boxes}
        records.classes = tuple(sorted(names, key=int))
        records.findings.append(info("class_names_absent"))
    records.numbers = class_names.agreed(layout.all_lists()) if layout.all_lists() else dict(named or {})
    records.classes = settle_classes(records, wanted)
    return records


def _tell_bare(parts: Mapping[str, Part], pairs: Pairs, records: Records) -> None:
    """Say which pictures have no label and count as empty; whether they are is for a person to judge.

    A folder without any label is said by its name, pictures among others that have labels by their number.
    """
    bare = [path for path in parts if path not in pairs.labels and path not in pairs.lost]
    if bare and not pairs.labels:
        records.findings.append(info("unlabelled", count=len(bare)))
        return
    folders = unlabelled_folders(parts, pairs)
    for folder, held in folders.items():
        records.findings.append(warning("unlabelled_folder", held[0], folder=folder or ".", count=len(held)))
    alone = {path for held in folders.values() for path in held}
    amid = [path for path in bare if path not in alone]
    if amid:
        records.findings.append(warning("unlabelled_amid", amid[0], count=len(amid), labelled=len(pairs.labels)))


def _parts(pictures: Sequence[str], layout: Layout, records: Records) -> dict[str, Part]:
    """Every picture that is meant, with its split: as the yaml says, else as its folders are called."""
    settled = layout.parts(pictures, records.findings)
    if layout.lists_pictures:
        return {path: settled[path] for path in pictures if path in settled}
    return {path: settled.get(path) or part_of(path) for path in pictures}
