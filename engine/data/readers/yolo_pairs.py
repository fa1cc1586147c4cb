"""Which text files are labels, and of which picture: by the exact name, else loosely, else folder by folder.

What lies where a picture's label has to lie is its label, whatever it is called and whatever it holds: one that
cannot be read is a label that is lost, and its picture is not empty. A picture without a label is one without
boxes only where no label nearby has lost its picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from engine.data.files import SourceFiles, is_picture, loose, part_of, without_suffix
from engine.data.findings import info, warning
from engine.data.readers.values import number
from engine.data.readers.yolo_layout import NAME_LISTS
from engine.data.records import Records

_LISTS = frozenset({"train", "val", "valid", "test", "trainval", *map(without_suffix, NAME_LISTS)})


@dataclass
class Pairs:
    """`labels` by picture; labels without a picture; pictures whose label is probably one of those."""

    labels: dict[str, str] = field(default_factory=dict)
    orphans: list[str] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)


def is_source(files: SourceFiles) -> bool:
    """Whether some text is a label by what it holds or its folder, and goes with a picture or lies in `labels`."""
    texts = _Texts(files)
    return any(texts.surely(path) and (_in_labels(path) or texts.named(path)) for path in files.ending(".txt"))


def label_files(files: SourceFiles) -> list[str]:
    """The labels of a source that has some, sorted."""
    texts, paths = _Texts(files), files.ending(".txt")
    found = {path for path in paths if texts.surely(path)}
    # Where labels lie, all that is called like a picture is meant as one.
    homes: set[str] = set()
    for path in found:
        if not _in_labels(path) and _folder(path) not in homes and texts.named(path) and files.glimpse(path).strip():
            homes.add(_folder(path))
    rest = [path for path in paths if path not in found and not _is_list(path) and texts.named(path)]
    return sorted(found | {path for path in rest if homes and (_folder(path) in homes or texts.beside(path))})


class _Texts:
    """Tells texts that are labels from lists, captions and notes."""

    def __init__(self, files: SourceFiles) -> None:
        self._files = files
        self._pictures = files.pictures()

    def surely(self, path: str) -> bool:
        """Whether a text is a label, whatever other texts are."""
        if not _is_list(path):
            return _in_labels(path) or _like_label(self._files.glimpse(path))
        # A picture may be called `train` or `classes`, and its label then as lists are.
        text = self._files.glimpse(path)
        if not text.strip():
            return self.beside(path)
        return (self.named(path) and _like_label(text, 4)) or (_in_labels(path) and _like_label(text))

    def named(self, path: str) -> bool:
        """Whether a picture anywhere is called so."""
        return stem(path) in self._names

    def beside(self, path: str) -> bool:
        """Whether a text lies where the label of a picture has to lie."""
        return self.named(path) and loose(path) in self._places

    @cached_property
    def _names(self) -> set[str]:
        return {stem(path) for path in self._pictures} | {_name(path) for path in self._pictures}

    @cached_property
    def _places(self) -> set[str]:
        return {loose(place) for path in self._pictures for place in _places(path)}


def _is_list(path: str) -> bool:
    return path.rpartition("/")[2][:-4].lower() in _LISTS


def _in_labels(path: str) -> bool:
    return _labels_within(path.rpartition("/")[0])


@lru_cache(maxsize=1 << 12)
def _labels_within(folder: str) -> bool:
    return "labels" in folder.lower().split("/")


def _like_label(text: str, least: int = 5) -> bool:
    """Whether the first line is made of numbers, or there is none; of texts with a picture's name any line counts."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if least < 5:
        return any(len(line) >= least and None not in map(number, line[1:]) for line in lines)
    return not lines or (len(lines[0]) >= least and None not in map(number, lines[0]))


def pair(files: SourceFiles, pictures: Sequence[str], labels: Sequence[str], records: Records) -> Pairs:
    """Find the label of every picture."""
    pairs, known = Pairs(), set(labels)
    ended = {label for label in labels if is_picture(label[:-4])}
    for path in pictures:
        label = whole = label_of(path)
        if ended:
            # A label that names the picture with its ending is of no other picture.
            whole = f"{label[:-4]}{_ending(path)}.txt"
        if whole in ended:
            pairs.labels[path] = whole
            files.matched_loosely(whole, path)
        elif label in known or (label := beside(path)) in known:
            pairs.labels[path] = label
    shared = [paths for paths in _groups((label, path) for path, label in pairs.labels.items()).values() if paths[1:]]
    if shared:
        args: dict[str, Any] = {"count": len(shared), "other": shared[0][1], "label": pairs.labels[shared[0][0]]}
        records.findings.append(warning("label_shared", shared[0][0], **args))
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
    ending = _ending(path)
    return {f"{place[:-4]}{end}.txt" for place in (label_of(path), beside(path)) for end in ("", ending)}


def _by_folder(pictures: Sequence[str], labels: Sequence[str], pairs: Pairs, records: Records) -> None:
    """A folder of labels none of which has a picture, with bare folders that have one picture for each of them.

    These are one folder that has all of them, or all folders together; never one of another split.
    """
    taken = set(pairs.labels.values())
    label_folders = _whole(labels, taken)
    bare = _whole(pictures, set(pairs.labels))
    for held in label_folders.values():
        folder = held[0].rpartition("/")[0]
        part = part_of(f"{folder}/picture")
        near = [paths for paths in bare.values() if part == "none" or part_of(paths[0]) in ("none", part)]
        stems = {stem(label): label for label in held}
        fitting = [paths for paths in near if stems.keys() <= {stem(path) for path in paths}]
        chosen = fitting[0] if len(fitting) == 1 else [] if fitting else [path for paths in near for path in paths]
        by_stem = _groups((stem(path), path) for path in chosen)
        if len(stems) == len(held) and all(len(by_stem.get(name, ())) == 1 for name in stems):
            found = {by_stem[name][0]: label for name, label in stems.items()}
            pairs.labels.update(found)
            places = sorted({path.rpartition("/")[0] or "." for path in found})
            args: dict[str, Any] = {"folder": folder or ".", "pictures": ", ".join(places[:4])}
            records.findings.append(info("labels_elsewhere", held[0], **args))


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


def _ending(path: str) -> str:
    return path[len(without_suffix(path)) :]


def _name(path: str) -> str:
    return loose(path.rsplit("/", 1)[-1])


def stem(path: str) -> str:
    """A file's name without folders and ending, for comparing loosely."""
    return loose(without_suffix(path.rsplit("/", 1)[-1]))
