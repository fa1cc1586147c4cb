"""The trial finds what is planted: a reader that raises, a process that is left, a file that is lost, a half one."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.contract.text.messages import UserError
from tests.trial.fuzz.judge import judged
from tests.trial.fuzz.mutations import mutate
from tests.trial.fuzz.readers import make_input, readers
from tests.trial.ground import Said
from tests.trial.kills.whole import broken_files, half_files, numbers_twice
from tests.trial.marked import VARIABLE, kill, marked, wait_until
from tests.trial.record import Outcome, Record, totals
from tests.trial.report import table


def test_that_a_reader_that_raises_is_found_and_one_that_refuses_is_right() -> None:
    def planted() -> None:
        dict[str, str]()["key"]

    def refuse() -> None:
        raise UserError("run.no_job", path="x")

    def wordless() -> None:
        raise UserError("run.of_no_sentence", path="x")

    assert judged(planted)[0] == "traceback" and "KeyError" in judged(planted)[1]
    assert judged(refuse) == ("right", "")
    assert judged(wordless)[0] == "unsaid"


def test_that_a_process_that_was_left_is_found_by_its_mark() -> None:
    sleeps = "import time; time.sleep(60)"
    script = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{sleeps}'])"
    subprocess.run([sys.executable, "-c", script], env={VARIABLE: "planted"}, check=True)
    assert wait_until(lambda: any(sleeps in process.words for process in marked("planted")), 10)
    (left,) = marked("planted")
    assert marked("other") == []
    assert kill([left]) == 1 and wait_until(lambda: not marked("planted"), 10)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one run."""
    folder = ProjectFolder(tmp_path / "project")
    folder.save(Project(name="a", detector=DetectorChoice(key="any", size=96, classes=("a",))))
    folder.new_run("train", job="{}")
    return folder.root


def test_that_files_that_are_lost_broken_or_half_made_are_found(project: Path) -> None:
    assert broken_files(project) == half_files(project) == numbers_twice(project) == []
    for name in (".result.json.ab12cd34", ".tmpAbCdEf", ".saving-12-x"):
        (project / "runs" / "0001-train" / name).touch()
    (project / "runs" / ".0002").mkdir()
    (project / "runs" / "0001-again").mkdir()
    assert len(half_files(project)) == 5  # with the run that has no job
    assert numbers_twice(project) == ["0001"]
    (project / "runs" / "0001-train" / "result.json").write_text('{"cut')
    (project / "runs" / "0001-train" / "best.safetensors").write_bytes(b"x" * 30)
    assert len(broken_files(project)) == 2


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (Said(("show",), 1, "", "Traceback (most recent call last):\n...", 1.0), "traceback"),
        (Said(("show",), 1, "{}", "", 1.0, document={"error": {"code": "run.crashed"}}), "traceback"),
        (Said(("show",), None, "", "", 240.0, hung=True), "hung"),
        (Said(("show",), -11, "", "", 1.0), "unsaid"),
        (Said(("show",), 2, "{}", "", 1.0, document={"error": {"code": "run.locked"}}), None),
        (Said(("show",), 0, "{}", "", 1.0), None),
    ],
)
def test_that_how_a_command_ended_is_judged(said: Said, verdict: str | None) -> None:
    assert (said.fault[0] if said.fault else None) == verdict


def test_that_a_number_repeats_its_input_and_another_is_another(tmp_path: Path) -> None:
    reader = readers()["coco"]
    reader.prepare(tmp_path / "valid")

    def made(number: int) -> list[bytes]:
        make_input(reader, tmp_path / "valid", tmp_path / "input", random.Random(f"1:fuzz:{number}"))
        return [path.read_bytes() for path in sorted((tmp_path / "input").rglob("*.json"))]

    assert made(1) == made(1) != made(2)
    data = b'{"a": [1, 2]}'
    assert len({mutate(data, ".json", random.Random(n)) for n in range(200)}) > 100


def test_that_the_record_adds_up_over_runs_and_outlives_a_cut_line(tmp_path: Path) -> None:
    record = Record(tmp_path / "record")
    record.add(Outcome(part="fuzz", number=199, what="coco", count=198), seed=1, code="old")
    record.add(Outcome(part="fuzz", number=7, what="coco", verdict="traceback"), seed=1, code="old")
    with record.file.open("ab") as stream:
        stream.write(b'{"part": "fuzz", "num')
    record.add(Outcome(part="fuzz", number=399, what="voc", count=200), seed=1, code="new")
    assert (record.next_number("fuzz", 1), record.next_number("fuzz", 2)) == (400, 0)
    assert totals(record.entries())["fuzz"] == {"tried": 399, "traceback": 1}
    last, whole = table(list(record.entries()), {"fuzz": 10_000}).split("On all")
    assert "| fuzz | 10,000 | 200 | 0 | 0 | 0 |" in last and "| fuzz | 10,000 | 399 | 0 | 0 | 1 |" in whole
