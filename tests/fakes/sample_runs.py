"""A project on the built-in sample with one run that was never trained here.

Run as `python -m tests.fakes.sample_runs FOLDER` it makes one of the sample's own detector with its weights, for those
whose process must not load Paddle.
"""

from __future__ import annotations

import sys
from pathlib import Path

from engine.contract.dataset import Index
from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.contract.run.events import Artifact, Finished, Hello
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from engine.demo.session import DETECTOR, SIZE, WEIGHTS


def sample_project(root: Path, key: str = DETECTOR, size: int = SIZE, val: int = 4) -> ProjectFolder:
    """The run has the sample's weights where they are the detector's, else those that it is initialised with."""
    from engine.data.dataset_import import import_dataset
    from engine.data.sample.write import write_sample
    from engine.detector.base.header import CheckpointInfo
    from engine.detector.network.checkpoint import fit_weights, network_arrays, save
    from engine.model.assembly import assemble
    from engine.weights.arrays import read_weights

    folder = ProjectFolder(root)
    import_dataset(write_sample(root.with_name(f"{root.name}-data"), train=8, val=val, test=4), folder.index)
    with Index.open(folder.index) as index:
        choice = DetectorChoice(key=key, size=size, classes=index.classes())
    folder.save(Project(name="tried", detector=choice))
    job = TrainJob(choice=choice, index=str(folder.index), settings=TrainSettings(epochs=0))
    run = RunFolder(folder.new_run("base", job=job.model_dump_json()))
    network = assemble(choice).network
    if (key, size) == (DETECTOR, SIZE):
        fit_weights(network, read_weights(WEIGHTS, str(WEIGHTS)), str(WEIGHTS))
    arrays = {f"model.{name}": value for name, value in network_arrays(network).items()}
    best = run.checkpoints / "best.safetensors"
    save(best, CheckpointInfo(choice=choice), arrays)
    weights = Artifact(kind="checkpoint", path=str(best.relative_to(run.root)), bytes=best.stat().st_size)
    events = (Hello(pid=1, versions={}, device="CPU"), weights, Finished())
    told = [event.model_copy(update={"seq": number, "time": 1.79e9 + number}) for number, event in enumerate(events)]
    run.events.write_text("".join(event.model_dump_json() + "\n" for event in told), encoding="utf-8")
    return folder


if __name__ == "__main__":
    sample_project(Path(sys.argv[1]))
