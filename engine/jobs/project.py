"""Job `project`: a new project folder; its data is checked and imported, `project.json` written last."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.contract.run.job import SAMPLE, ProjectJob
from engine.contract.text.messages import UserError
from engine.detector.base.spec import DetectorSpec, check_size, find_spec
from engine.run.context import JobContext


def run(job: ProjectJob, context: JobContext) -> dict[str, object]:
    """Make the project; raises UserError at the first thing that cannot stand."""
    from engine.data.dataset_import import import_dataset

    folder = ProjectFolder(Path(job.dir))
    if folder.file.exists():
        raise UserError("project.exists", path=str(folder.root))
    spec = find_spec(job.detector)
    size = job.size or spec.sizes.default
    check_size(spec, size)
    if job.fit_anchors and "anchors" not in spec.architecture["head"]:
        raise UserError("detector.no_anchors", key=spec.key)
    with _nothing_half_made(folder):
        source = _source(job, context)
        context.stage("project.checking", path=str(source))
        report = import_dataset(
            source,
            folder.index,
            format=job.data_format,
            split=job.split,
            classes=job.classes,
            fix=job.fix,
            exif=job.exif,
            progress=context.counter("picture"),
        )
        context.stage("project.writing", path=str(folder.root))
        choice = _choice(job, folder, spec, size)
        context.check_cancelled()
        folder.save(Project(name=folder.root.name, detector=choice))
    return {"project": str(folder.root), "report": report.model_dump(mode="json")}


def _source(job: ProjectJob, context: JobContext) -> Path:
    if job.source != SAMPLE:
        return Path(job.source)
    from engine.data.sample.write import sample_folder, write_sample

    context.stage("project.drawing")
    return write_sample(sample_folder(), progress=context.counter("picture"))


def _choice(job: ProjectJob, folder: ProjectFolder, spec: DetectorSpec, size: int) -> DetectorChoice:
    from engine.contract.dataset import Index

    with Index.open(folder.index) as index:
        anchors = None
        if job.fit_anchors:
            from engine.detector.families.anchors import fit_anchors

            anchors = fit_anchors(index.pictures("train"), size, len(spec.architecture["head"]["anchors"]))
        return DetectorChoice(key=spec.key, size=size, classes=index.classes(), anchors=anchors)


@contextlib.contextmanager
def _nothing_half_made(folder: ProjectFolder) -> Iterator[None]:
    """Takes away again what the project added to the disk when it cannot be made, and nothing that was there."""
    made = folder.index
    for path in (folder.index.parent, *folder.index.parent.parents):
        if path.exists():
            break
        made = path
    new = not made.exists()
    try:
        yield
    except BaseException:
        if new and made.is_dir():
            shutil.rmtree(made, ignore_errors=True)
        elif new:
            made.unlink(missing_ok=True)
        raise
