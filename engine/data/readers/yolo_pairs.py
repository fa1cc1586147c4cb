"""Which label file belongs to which picture: by the exact name, else loosely, else folder by folder.

A picture without a label is one without boxes only where no label nearby has lost its picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from engine.data.files import SourceFiles, loose, without_suffix
from engine.data.findings import info
from engine.data.records import Records


@dataclass
class Pairs:
    """`labels` by picture; labels without a picture; pictures whose label is probably one of those."""

    labels: dict[str, str] = field(default_factory=dict)
    orphans: list[str] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)


def pair(files: SourceFiles, pictures: Sequence[str], labels: Sequence[str], records: Records) -> Pairs:
    """Find the label of every picture."""
    pairs, known = Pairs(), set(labels)
    for path in pictures:
        label = label_of(path)
        if label in known or (label := beside(path)) in known:
            pairs.labels[path] = label
    free = sorted(known - set(pairs.labels.values()))
    bare = [path for path in pictures if path not in pairs.labels]
    if free and bare:
        for path, label in _loosely(bare, free):
            pairs.labels[path] = label
            files.matched_loosely(label, path)
        _by_folder(pictures, labels, pairs, records)
    pairs.orphans = sorted(known - set(pairs.labels.values()))
    pairs.lost = _lost(pictures, labels, pairs)
    return pairs


def beside(path: str) -> str:
    """Where a picture's labels are if they lie beside it."""
    return without_suffix(path) + ".txt"


def label_of(path: str) -> str:
    """Where a picture's labels are: the last folder called `images` is `labels` there."""
    folder, slash, name = path.rpartition("/")
    return f"{_labels_folder(folder)}{slash}{beside(name)}"


@lru_cache(maxsize=1 << 12)
def _labels_folder(folder: str) -> str:
    parts = folder.split("/")
    for n in range(len(parts) - 1, -1, -1):
        if parts[n].lower() == "images":
            parts[n] = "labels"
            break
    return "/".join(parts)


def _loosely(bare: Iterable[str], free: Iterable[str]) -> list[tuple[str, str]]:
    """Pictures and labels of the same place whose names differ in capitals or percent-encoding only."""
    by_name = _groups((loose(label), label) for label in free)
    wanted = _groups((loose(place), path) for path in bare for place in _places(path))
    return [(paths[0], by_name[key][0]) for key, paths in wanted.items() if len(paths) == 1 and len(by_name[key]) == 1]


def _places(path: str) -> set[str]:
    """Where a picture's label may lie, also one that has the picture's ending in its name: `a.jpg.txt`."""
    ending = path[len(without_suffix(path)) :]
    return {f"{place[:-4]}{end}.txt" for place in (label_of(path), beside(path)) for end in ("", ending)}


def _by_folder(pictures: Sequence[str], labels: Sequence[str], pairs: Pairs, records: Records) -> None:
    """A folder of labels none of which has a picture, with the one folder of bare pictures that has all of them."""
    taken = set(pairs.labels.values())
    label_folders = _whole((label for label in labels), taken)
    picture_folders = _whole(pictures, set(pairs.labels))
    for folder, held in label_folders.items():
        stems = {stem(label): label for label in held}
        fitting = [name for name, paths in picture_folders.items() if stems.keys() <= {stem(p) for p in paths}]
        if len(fitting) != 1 or len(stems) != len(held):
            continue
        by_stem = _groups((stem(path), path) for path in picture_folders[fitting[0]])
        if all(len(by_stem[name]) == 1 for name in stems):
            pairs.labels.update({by_stem[name][0]: label for name, label in stems.items()})
            records.findings.append(info("labels_elsewhere", held[0], folder=folder or ".", pictures=fitting[0] or "."))


def _lost(pictures: Sequence[str], labels: Sequence[str], pairs: Pairs) -> set[str]:
    if not pairs.orphans:
        return set()
    folders = {_folder(label) for label in pairs.orphans}
    bare = {path for path in pictures if path not in pairs.labels}
    near = {path for path in bare if any(_folder(place) in folders for place in (label_of(path), beside(path)))}
    stray = _whole(labels, set(pairs.labels.values()))
    whole = _whole(pictures, set(pairs.labels)) if stray else {}
    return near | {path for paths in whole.values() for path in paths}


def _whole(paths: Iterable[str], paired: set[str]) -> dict[str, list[str]]:
    """The folders in which nothing is paired, with what they hold."""
    groups = _groups((_folder(path), path) for path in paths)
    return {folder: held for folder, held in groups.items() if not any(path in paired for path in held)}


def unlabelled_folders(pictures: Iterable[str], pairs: Pairs) -> dict[str, list[str]]:
    """Folders none of whose pictures has a label: kept without boxes on purpose, or their labels are elsewhere."""
    groups = _groups((path.rpartition("/")[0], path) for path in pictures)
    return {
        folder: held for folder, held in groups.items() if not any(p in pairs.labels or p in pairs.lost for p in held)
    }


def _groups(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def _folder(path: str) -> str:
    return loose(path.rpartition("/")[0])


def stem(path: str) -> str:
    """A file's name without folders and ending, for comparing loosely."""
    return loose(without_suffix(path.rsplit("/", 1)[-1]))
