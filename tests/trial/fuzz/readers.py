"""What reads, by name: what a valid input looks like, which of its files are broken, and the call that reads it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.trial.fuzz.mutations import mutate
from tests.trial.fuzz.sources import ANNOTATIONS, WRITERS, small


@dataclass(frozen=True)
class Reader:
    """`prepare` writes what is valid into a folder; of a copy some of `targets` are broken, then `call` reads it."""

    name: str
    prepare: Callable[[Path], None]
    targets: Callable[[Path], list[Path]]
    call: Callable[[Path, random.Random], object]


def make_input(reader: Reader, valid: Path, folder: Path, chance: random.Random) -> None:
    """A copy of what is valid, with one to three of its files broken."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(valid, folder)
    targets = sorted(reader.targets(folder))
    for path in chance.sample(targets, min(len(targets), chance.choice((1, 1, 1, 2, 3)))):
        path.write_bytes(mutate(path.read_bytes(), path.suffix, chance))


def readers() -> dict[str, Reader]:
    """Every reader by name."""
    from tests.trial.fuzz.choices import choice_readers
    from tests.trial.fuzz.pictures import picture_readers
    from tests.trial.fuzz.projects import project_readers
    from tests.trial.fuzz.replies import reply_readers
    from tests.trial.fuzz.weights import weights_readers

    every = [_annotations(name) for name in WRITERS]
    every += [*picture_readers(), *project_readers(), *weights_readers(), *reply_readers(), *choice_readers()]
    return {reader.name: reader for reader in every}


def _annotations(name: str) -> Reader:
    def prepare(folder: Path) -> None:
        WRITERS[name](folder, small())

    def targets(folder: Path) -> list[Path]:
        return [path for path in folder.rglob("*") if path.is_file() and path.suffix in ANNOTATIONS]

    return Reader(name, prepare, targets, read_source)


def read_source(folder: Path, chance: random.Random) -> None:
    """Check a data set, or import it and read all that the index then tells."""
    from engine.contract.dataset import Index
    from engine.data.dataset_import import check_dataset, import_dataset
    from tests.trial.fuzz.judge import check_sentence

    fix = chance.random() < 0.5
    split = (0.6, 0.2, 0.2) if chance.random() < 0.3 else None
    if chance.random() < 0.4:
        report = check_dataset(folder, fix=fix, split=split)
    else:
        file = folder.parent / "index.sqlite"
        file.unlink(missing_ok=True)
        report = import_dataset(folder, file, fix=fix, split=split)
        with Index.open(file) as index:
            assert index.picture_count() == len(index.pictures())
            index.statistics()
            assert len(index.findings()) == index.finding_count()
    report.model_dump_json()
    for line in (*report.lines("en"), *report.lines("zh")):
        line.encode("utf-8")
    for finding in report.findings:
        check_sentence(finding.message)
