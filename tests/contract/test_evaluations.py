"""What a job measured is kept with the runs that it says something of; tasks of earlier versions are caught up with."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.figures import Conditions, Figure, FigureName
from engine.contract.project import ProjectFolder
from engine.contract.run.findings.evaluations import (
    evaluation_files,
    keep_earlier_figures,
    keep_figures,
    read_evaluation,
)
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import EvaluateJob, ExportJob, HostJob, Job, Runtime, Target


def figure(name: FigureName, value: float, unit: str, subject: str | None = None) -> Figure:
    conditions = Conditions(subject=subject)
    return Figure.model_validate(
        {"name": name, "value": value, "unit": unit, "source": "measured", "conditions": conditions}
    )


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    (tmp_path / "project").mkdir()
    return ProjectFolder(tmp_path / "project")


@pytest.fixture
def run(folder: ProjectFolder) -> Path:
    return folder.new_run("train", job="{}")


def kept(run: Path) -> dict[str, list[float]]:
    return {file.stem: [one.value for one in read_evaluation(file)] for file in evaluation_files(run)}


def sizes(size: float, target: Target) -> list[Figure]:
    return [figure("nb_bytes", size, "bytes", target), figure("conv_macs", 1e6, "MACs")]


def export(run: Path, target: Target) -> ExportJob:
    return ExportJob(run=str(run), target=target, precision="fp32", out="out")


def finished(folder: ProjectFolder, job: Job, figures: list[Figure]) -> RunFolder:
    """The folder of a task of a version that kept nothing."""
    task = RunFolder(folder.new_task(job.kind))
    task.job.write_text(job.model_dump_json())
    told = ",".join(each.model_dump_json(exclude_none=True) for each in figures)
    task.result.write_text('{"figures": [' + told + "]}")
    return task


def test_that_only_an_export_for_the_phone_gives_its_run_a_size(folder: ProjectFolder, run: Path) -> None:
    keep_figures(folder.new_task("export"), export(run, "x86"), sizes(3e6, "x86"))
    assert kept(run) == {}
    keep_figures(folder.new_task("export"), export(run, "arm"), sizes(2e6, "arm"))
    assert kept(run) == {"size": [2e6]}


def test_that_each_run_has_its_own_host_times(folder: ProjectFolder, run: Path) -> None:
    other = folder.new_run("other", job="{}")
    told = [figure("host_ms_total", 7, "ms", run.name), figure("host_ms_total", 9, "ms", other.name)]
    keep_figures(folder.new_task("host"), HostJob(runs=(str(run), str(other)), index="index"), told)
    assert (kept(run), kept(other)) == ({"host": [7]}, {"host": [9]})


@pytest.mark.parametrize(("limit", "runtime", "there"), [(0, "paddle", True), (5, "paddle", False), (0, "lite", False)])
def test_that_only_an_evaluation_of_the_whole_split_is_kept(
    folder: ProjectFolder, run: Path, limit: int, runtime: Runtime, there: bool
) -> None:
    job = EvaluateJob(run=str(run), index="index", split="test", limit=limit, runtime=runtime)
    keep_figures(folder.new_task("evaluate"), job, [figure("map", 30, "points")])
    assert kept(run) == ({"test": [30]} if there else {})


def test_that_tasks_of_an_earlier_version_are_caught_up_with_once_wherever_the_project_is(
    folder: ProjectFolder, run: Path
) -> None:
    task = finished(folder, export(Path("/elsewhere/runs") / run.name, "arm"), sizes(2e6, "arm"))
    keep_earlier_figures(folder)
    assert kept(run) == {"size": [2e6]}
    task.result.write_text("{")
    keep_earlier_figures(folder)
    assert kept(run) == {"size": [2e6]}


def test_that_what_was_measured_since_is_not_written_over(folder: ProjectFolder, run: Path) -> None:
    finished(folder, export(run, "arm"), sizes(2e6, "arm"))
    keep_figures(folder.new_task("export"), export(run, "arm"), sizes(1e6, "arm"))
    keep_earlier_figures(folder)
    assert kept(run) == {"size": [1e6]}


def test_that_a_broken_result_and_one_of_a_run_that_is_gone_are_passed_over(folder: ProjectFolder, run: Path) -> None:
    finished(folder, export(run, "arm"), []).result.write_text("{")
    finished(folder, export(folder.runs / "0009-gone", "arm"), sizes(2e6, "arm"))
    keep_earlier_figures(folder)
    assert kept(run) == {} and [path.name for path in folder.runs.iterdir()] == [run.name]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{", b"[1]"])
def test_that_kept_figures_that_cannot_be_read_tell_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "evaluations" / "val.json"
    file.parent.mkdir()
    file.write_bytes(content)
    assert read_evaluation(file) == ()
