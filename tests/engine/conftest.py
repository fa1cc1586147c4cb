"""What tests of the engine share: small real data, and projects on it."""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import EvaluateJob, TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.run.stopping import stop


def start_over() -> None:
    """The same chance and the same arithmetic, whatever ran before in this process.

    Three things of a process decide the last bits of a training: the global random states, the number of Paddle's
    threads, and what the process was like when MKL first multiplied, which is why it is prepared before anything else.
    A few dozen steps make of a last bit another network.
    """
    from engine.detector.base.runtime import set_threads

    set_threads(1)
    import paddle

    paddle.seed(1)
    np.random.seed(1)  # noqa: NPY002  # ppdet draws from the global state
    random.seed(1)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef) -> Generator[None, Any, Any]:
    """Start over for what tests share, which is made before the fixtures of the test that asks for it first."""
    if fixturedef.scope != "function":
        start_over()
    return (yield)


@pytest.fixture(autouse=True)
def same_chance() -> None:
    """Start over for each test."""
    start_over()


@pytest.fixture(scope="session")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen pictures of the built-in sample, as a COCO folder."""
    from engine.data.sample.write import write_sample

    return write_sample(tmp_path_factory.mktemp("data") / "signs", train=8, val=4, test=4)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunFolder]:
    """A run that has a job, for workers of tests/fakes/jobs.py; whoever works on it is ended with the test."""
    folder = RunFolder(tmp_path / "0001-test")
    folder.root.mkdir()
    folder.job.write_text(EvaluateJob(run="any", index="any").model_dump_json())
    yield folder
    stop(folder.root, ask=0, terminate=0)


@pytest.fixture
def project(signs: Path, tmp_path: Path) -> ProjectFolder:
    """A project of the smallest detector at its smallest size on those pictures."""
    from engine.contract.dataset import Index
    from engine.data.dataset_import import import_dataset

    folder = ProjectFolder(tmp_path / "project 项目")
    import_dataset(signs, folder.index)
    with Index.open(folder.index) as index:
        choice = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=index.classes())
    folder.save(Project(name="test", detector=choice))
    return folder


@pytest.fixture
def train_job(project: ProjectFolder) -> TrainJob:
    """Three epochs of two steps, checkpointed at every step, with averaged weights."""
    settings = TrainSettings(
        epochs=3, batch_size=4, ema=0.9, checkpoint_every=1, evaluate_every=2, threads=1, augment="full"
    )
    return TrainJob(choice=project.load().detector, index=str(project.index), settings=settings)
