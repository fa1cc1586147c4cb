"""A project folder on a small source, for tests of what becomes of it when the source changes; nothing is trained."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from engine.contract.dataset import Index, Picture
from engine.contract.labels import Correction, Corrections, LabelBox
from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.contract.source.changes import SyncResult
from engine.data.dataset_import import import_dataset
from engine.data.sync.project_sync import sync_project
from engine.detector.base.header import HEADER, CheckpointInfo
from tests.fakes.datasets import Shot, encoded, put, yolo_lines

_moment = itertools.count(1)


ONE = (("dog", (4.0, 6.0, 30.0, 40.0)),)
"""The boxes of a picture with one dog."""


def codes(result: object) -> list[str]:
    """What was found, without the first word that all codes share."""
    return [finding.message.code.removeprefix("data.") for finding in result.report.findings]  # type: ignore[attr-defined]


class Source:
    """A YOLO folder whose files get a new time whenever they are written, however fast that goes."""

    def __init__(self, root: Path, shots: Sequence[Shot]) -> None:
        self.root = root
        self.names = ["car", "dog", "tree"]
        for shot in shots:
            self.write(shot)
        self.name_classes(self.names)

    def put(self, path: str, content: bytes | str) -> None:
        """Write a file."""
        file = put(self.root / path, content)
        time = file.stat().st_mtime_ns + next(_moment) * 1_000_000
        os.utime(file, ns=(time, time))

    def write(self, shot: Shot, likeness: str = "", classes: Sequence[str] = ()) -> None:
        """A picture with its label; `likeness` is what it shows if not what it is called."""
        self.put(self.picture(shot.name, shot.part), encoded(likeness or shot.name, shot.width, shot.height))
        self.label(shot, classes)

    def label(self, shot: Shot, classes: Sequence[str] = ()) -> None:
        """The label alone."""
        self.put(f"{self._folder('labels', shot.part)}{shot.name}.txt", yolo_lines(shot, classes or self.names))

    def name_classes(self, names: Sequence[str]) -> None:
        """The class list."""
        self.names = list(names)
        self.put("data.yaml", "names: [" + ", ".join(names) + "]\n")

    def picture(self, name: str, part: str) -> str:
        """The path of a picture in the source."""
        return f"{self._folder('images', part)}{name}.png"

    def move(self, name: str, part: str, to: str, new_part: str) -> None:
        """Rename a picture with its label, as a file manager does."""
        for kind, ending in (("images", "png"), ("labels", "txt")):
            target = self.root / f"{self._folder(kind, new_part)}{to}.{ending}"
            target.parent.mkdir(parents=True, exist_ok=True)
            (self.root / f"{self._folder(kind, part)}{name}.{ending}").rename(target)

    def remove(self, name: str, part: str) -> None:
        """Delete a picture with its label."""
        (self.root / self.picture(name, part)).unlink()
        (self.root / f"{self._folder('labels', part)}{name}.txt").unlink()

    @staticmethod
    def _folder(kind: str, part: str) -> str:
        return f"{kind}/" if part == "none" else f"{kind}/{part}/"


class Desk:
    """A project on a source; `more` are options of the import."""

    def __init__(self, root: Path, shots: Sequence[Shot], **more: object) -> None:
        self.source = Source(root / "source", shots)
        self.folder = ProjectFolder(root / "project")
        import_dataset(self.source.root, self.folder.index, **more)  # type: ignore[arg-type]
        with self.open() as index:
            classes = index.classes()
        choice = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=classes)
        self.folder.save(Project(name="test", detector=choice))

    def open(self) -> Index:
        """Its index."""
        return Index.open(self.folder.index)

    def sync(self, source: Path | None = None, *, look: bool = False, **asked: object) -> SyncResult:
        """Bring it up to the source."""
        return sync_project(self.folder, source, look=look, asked=asked)

    def pictures(self) -> dict[str, Picture]:
        """What the index holds, by path in the source."""
        with self.open() as index:
            root = index.source()
            return {Path(picture.path).relative_to(root).as_posix(): picture for picture in index.pictures()}

    def parts(self) -> dict[str, str]:
        """The split of each picture, by its name alone."""
        return {Path(path).stem: picture.split for path, picture in self.pictures().items()}

    def classes_of(self, path: str) -> list[str]:
        """What a picture shows, by the names of the project."""
        with self.open() as index:
            names = index.classes()
        return [names[box.class_id] for box in self.pictures()[path].boxes]

    def correct(self, path: str, *boxes: tuple[str, tuple[float, float, float, float]], digest: str = "") -> None:
        """Correct the labels of a picture as the studio does."""
        digest = digest or self.pictures()[path].digest
        made = tuple(LabelBox(name=name, box=box) for name, box in boxes)
        held = dict(Corrections.read(self.folder.labels).pictures)
        Corrections(pictures=held | {digest: Correction(path=path, boxes=made)}).write(self.folder.labels)


def trained(desk: Desk, data_hash: str, name: str) -> Path:
    """A run with a checkpoint that saw the data of this hash."""
    run = desk.folder.new_run(name)
    (run / "checkpoints").mkdir()
    info = CheckpointInfo(choice=desk.folder.load().detector, data_hash=data_hash)
    metadata = {HEADER: info.model_dump_json()}
    save_file({"x": np.zeros(1, np.float32)}, run / "checkpoints" / "best.safetensors", metadata=metadata)
    return run
