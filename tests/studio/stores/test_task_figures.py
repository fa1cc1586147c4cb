"""What finished tasks measured comes to the runs that they measured, once."""

from __future__ import annotations

import json
from pathlib import Path

from engine.contract.run.job import ExportJob, Target
from studio.stores.work.task_figures import keep_task_figures
from tests.studio.stores.told_runs import figure, write_run


def export(tasks: Path, run: Path, target: Target, size: float) -> Path:
    """The folder of a finished export."""
    task = tasks / f"export-{target}-{size:.0f}"
    task.mkdir(parents=True)
    told = [figure("nb_bytes", size, "bytes", subject=target), figure("conv_macs", 1e6, "MACs")]
    job = ExportJob(run=str(run), target=target, precision="fp32", out=str(task / "out"))
    (task / "job.json").write_text(job.model_dump_json(), encoding="utf-8")
    figures = [each.model_dump(exclude_none=True) for each in told]
    (task / "result.json").write_text(json.dumps({"figures": figures}), encoding="utf-8")
    return task


def kept(run: Path) -> list[float]:
    file = run / "evaluations" / "size.json"
    return [entry["value"] for entry in json.loads(file.read_text(encoding="utf-8"))] if file.exists() else []


def test_that_an_export_for_the_phone_gives_its_run_a_size(project: Path, tmp_path: Path) -> None:
    run = write_run(project)
    export(tmp_path, run, "arm", 2e6)
    keep_task_figures(tmp_path, run.parent)
    assert kept(run) == [2e6]


def test_that_another_target_says_nothing_about_the_phone(project: Path, tmp_path: Path) -> None:
    run = write_run(project)
    export(tmp_path, run, "x86", 3e6)
    keep_task_figures(tmp_path, run.parent)
    assert kept(run) == []


def test_that_a_task_is_looked_at_once(project: Path, tmp_path: Path) -> None:
    run = write_run(project)
    task = export(tmp_path, run, "arm", 2e6)
    keep_task_figures(tmp_path, run.parent)
    (task / "result.json").write_text("{", encoding="utf-8")
    keep_task_figures(tmp_path, run.parent)
    assert kept(run) == [2e6]


def test_that_a_broken_result_is_passed_over(project: Path, tmp_path: Path) -> None:
    run = write_run(project)
    (export(tmp_path, run, "arm", 2e6) / "result.json").write_text("{", encoding="utf-8")
    keep_task_figures(tmp_path, run.parent)
    assert kept(run) == []
