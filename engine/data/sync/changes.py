"""What changed in a source since its index was made, by sizes and times alone: no file is opened.

So a file that was written again with the same bytes counts as changed (a sync finds nothing in it), and one of the same
size and time with other bytes is not seen at all (`engine.data.listing` tells how that comes about).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from engine.contract.dataset import Index
from engine.contract.labels import Corrections
from engine.contract.project import ProjectFolder
from engine.contract.source.changes import EXAMPLES, Example, Kind, SourceChanges
from engine.data.files import is_part, is_picture
from engine.data.listing import stamped_files


@dataclass(frozen=True)
class Difference:
    """Files of the source that are not what they were, by their relative paths in order."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def examples(self) -> tuple[Example, ...]:
        """The first of each kind."""
        kinds: dict[Kind, tuple[str, ...]] = {"added": self.added, "changed": self.changed, "gone": self.gone}
        return tuple(Example(kind=kind, path=path) for kind, paths in kinds.items() for path in paths[:EXAMPLES])


def project_changes(folder: ProjectFolder) -> SourceChanges:
    """What changed for the project in `folder`; raises UserError where its index or its labels cannot be read."""
    with Index.open(folder.index) as index:
        labels = waiting_labels(index, Corrections.read(folder.labels))
        source, found, old = index.source(), source_difference(index), has_old_counts(index)
        if found is None:
            return SourceChanges(source=str(source), source_there=False, labels=labels, old_counts=old)
        return SourceChanges(
            source=str(source),
            source_there=True,
            added=len(found.added),
            changed=len(found.changed),
            gone=len(found.gone),
            pictures=len(pictures_touched(index, found)),
            examples=found.examples(),
            labels=labels,
            old_counts=old,
        )


def has_old_counts(index: Index) -> bool:
    """Whether its statistics were made before crowds and difficult boxes were counted apart, by class."""
    try:
        splits = json.loads(index.meta("statistics")).get("splits", {})
        return any("aside" not in split for split in splits.values())
    except (ValueError, AttributeError, TypeError):
        return False


def source_difference(index: Index) -> Difference | None:
    """The files that changed since the index was made; None where the source is not there.

    A folder without any file, as a disk leaves that is not mounted, is no source either.
    """
    root = index.source()
    now = {path: stamp for path, stamp in stamped_files(root).items() if is_part(path)} if root.is_dir() else {}
    if not now:
        return None
    before = index.files()
    if not before:
        return _by_time(index, root, now)
    return Difference(
        added=tuple(path for path in now if path not in before),
        changed=tuple(path for path, stamp in now.items() if before.get(path, stamp) != stamp),
        gone=tuple(sorted(path for path in before if path not in now)),
    )


def _by_time(index: Index, root: Path, now: dict[str, tuple[int, int]]) -> Difference:
    """For an index that kept no stamps: what is newer than the index itself, and its pictures that are gone."""
    made = index.path.stat().st_mtime_ns
    known = set(relative_paths(index, root))
    newer = [path for path, (_, time) in now.items() if time > made]
    added = tuple(path for path in newer if is_picture(path) and path not in known)
    changed = tuple(path for path in newer if path in known or not is_picture(path))
    return Difference(added, changed, tuple(sorted(known - now.keys())))


def relative_paths(index: Index, root: Path) -> list[str]:
    """The paths of the index's pictures in the source."""
    start = len(str(root).rstrip("/")) + 1
    return [path[start:] for path in index.paths()]


def pictures_touched(index: Index, found: Difference) -> set[str]:
    """Pictures of the index that are gone or hold something else now, by their paths in the source."""
    touched = {path for path in (*found.changed, *found.gone) if is_picture(path)}
    return touched.intersection(relative_paths(index, index.source())) if touched else set()


def stamps_of(corrections: Corrections) -> dict[str, str]:
    """What tells by digest which labels were corrected in what way."""
    return {
        digest: hashlib.sha256(repr([box.model_dump() for box in each.boxes]).encode()).hexdigest()[:16]
        for digest, each in corrections.pictures.items()
    }


def waiting_labels(index: Index, corrections: Corrections) -> int:
    """How many pictures have other corrected labels than those that were taken in, or none any more."""
    before, now = index.corrections(), stamps_of(corrections)
    return sum(before.get(digest) != now.get(digest) for digest in before.keys() | now.keys())
