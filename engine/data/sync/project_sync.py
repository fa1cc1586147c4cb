"""Brings the index of a project up to its source and to the labels corrected in it: whole or not at all."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from engine.contract.dataset import Index
from engine.contract.labels import Corrections
from engine.contract.project import ProjectFolder
from engine.contract.source.changes import SyncResult
from engine.contract.system.locks import try_lock
from engine.contract.text.messages import JobFailed, UserError
from engine.data.dataset_import import Options, Progress, uncollected
from engine.data.index import write_index
from engine.data.sync.earlier import Earlier
from engine.data.sync.look import SyncLook
from engine.data.sync.summary import Summary, mends_of


def sync_project(
    folder: ProjectFolder,
    source: Path | None = None,
    *,
    look: bool = False,
    asked: Mapping[str, object] | None = None,
    progress: Progress | None = None,
) -> SyncResult:
    """Look at the source again and write the index, or with `look` only tell what that would change.

    The source lies where it lay if no other is named. What is `asked` otherwise than at the import holds from now on,
    by the names of `Options`; of what is None or not named the index goes on as it was made. Raises UserError at the
    first error that is not mended, unless it only looks, and where the source or the index is not there; JobFailed when
    the disk refuses. The index is then as it was.
    """
    if look:
        return _synced(folder, source, asked or {}, progress, look=True)
    with _alone(folder.index):
        return _synced(folder, source, asked or {}, progress, look=False)


@uncollected()
def _synced(
    folder: ProjectFolder, source: Path | None, asked: Mapping[str, object], progress: Progress | None, *, look: bool
) -> SyncResult:
    with Index.open(folder.index) as index:
        earlier = Earlier.read(index)
    if source is None and not earlier.source.is_dir():
        raise UserError("data.source_gone", path=str(earlier.source), dir=shlex.quote(str(folder.root)))
    options = Options.model_validate_json(earlier.options)
    options = options.model_copy(update={name: value for name, value in asked.items() if value is not None})
    seen = SyncLook(
        source or earlier.source, earlier, options, Corrections.read(folder.labels), progress, stop=not look
    )
    contents = seen.contents()
    start = len(seen.files.start)
    summary = Summary(earlier, contents.kept.corrections)
    summary.compare({picture.path[start:]: picture for picture in contents.pictures}, seen.matches)
    report = seen.report(contents)
    if not look:
        write_index(folder.index, contents, new=False)
    return SyncResult(
        written=not look,
        report=report,
        changes=summary.counts(),
        examples=summary.examples(),
        mends=mends_of(contents.findings),
        hash_before=earlier.content_hash,
        hash_after=report.content_hash or "",
    )


@contextmanager
def _alone(index: Path) -> Iterator[None]:
    """No other sync of this project meanwhile; what one that was killed left half written is taken away."""
    lock = index.parent / ".sync.lock"
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except FileNotFoundError as absent:
        raise UserError("data.index_missing", path=str(index)) from absent
    except OSError as refused:
        raise JobFailed("data.index_unwritable", path=str(index), reason=str(refused)) from refused
    try:
        if not try_lock(handle):
            raise UserError("data.sync_twice", path=str(index))
        for left in index.parent.glob(f".{index.name}.*"):
            left.unlink(missing_ok=True)
        yield
    finally:
        os.close(handle)
