"""A project with one run that can be benched; what is exported for one test is there for the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.dataset import Index
from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.data.dataset_import import import_dataset
from tests.fakes.phones import untrained_run

HOSTILE = '0001 it\'s "quoted"; touch pwned & $(touch pwned) `id` 图片\nline *?'


@pytest.fixture(scope="session")
def benched(signs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[ProjectFolder, Path]:
    """The project, and its run, whose name is hostile."""
    folder = ProjectFolder(tmp_path_factory.mktemp("benched") / "project 项目")
    import_dataset(signs, folder.index)
    with Index.open(folder.index) as index:
        choice = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=index.classes())
    folder.save(Project(name="desk", detector=choice))
    return folder, untrained_run(folder, HOSTILE)
