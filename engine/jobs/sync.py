"""Job `sync`: the index of a project brought up to what its source holds now."""

from __future__ import annotations

from pathlib import Path

from engine.contract.project import ProjectFolder
from engine.contract.run.job import SyncJob
from engine.run.context import JobContext
from engine.run.interruption import interruptible


def run(job: SyncJob, context: JobContext) -> dict[str, object]:
    """A `contract.source.changes.SyncResult`; raises UserError at the first thing that cannot stand."""
    from engine.data.sync.project_sync import sync_project

    folder = ProjectFolder(Path(job.project))
    folder.load()
    context.stage("sync.looking" if job.look else "sync.running", path=str(folder.root))
    # Nothing but a file without a name is lost, so it may be broken off anywhere until the index has its name.
    with interruptible(context.check_cancelled):
        source = Path(job.source) if job.source else None
        asked = {"fix": job.fix, "exif": job.exif}
        told = context.counter("picture")
        result = sync_project(folder, source, look=job.look, asked=asked, progress=told)
    return result.model_dump(mode="json")
