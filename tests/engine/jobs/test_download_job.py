"""Training that starts from an address: the download is a stage of the run, and is stopped and resumed with it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cli import main
from engine.contract.project import ProjectFolder
from engine.contract.run.events import Notice, Progress, Stage
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import TrainJob
from engine.contract.run.stopping import stop
from engine.contract.run.tail import EventTail
from tests.fakes.file_server import Files, serving
from tests.fakes.hostile_pickles import running


@pytest.fixture
def files(project: ProjectFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    """A server that has the weights of the project's detector, as Paddle wrote them for years."""
    from engine.detector.base.spec import resolve
    from engine.detector.families.build import build

    import paddle  # after the build module, which prepares the process  # isort: skip

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "ESPALIER_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "there.pdparams"
    paddle.save(build(resolve(project.load().detector)).state_dict(), str(file), protocol=2)
    with serving(Files(content=file.read_bytes())) as held:
        yield held


def codes(run: RunFolder) -> list[str]:
    """Codes of the stages and notices of a run in their order."""
    return [event.message.code for event in EventTail(run.events).read() if isinstance(event, Stage | Notice)]


def wait(run: RunFolder) -> str:
    """The status of a run whose worker has ended."""
    limit = time.monotonic() + 120
    while (status := run.status()) in ("running", "queued"):
        assert time.monotonic() < limit, run.last_log_lines()
        time.sleep(0.05)
    return status


def test_that_a_run_is_stopped_while_it_downloads_and_goes_on_from_there(
    project: ProjectFolder, train_job: TrainJob, files: Files
) -> None:
    files.pause_s = 0.3
    run = RunFolder(project.new_run("far"))
    settings = train_job.settings.model_copy(update={"epochs": 0})
    digest = hashlib.sha256(files.content).hexdigest()
    update = {"start": f"{files.address()}#sha256={digest}", "settings": settings, "limit": 1}
    job = train_job.model_copy(update=update)
    run.job.write_text(job.model_dump_json(), encoding="utf-8")
    start(run.root)
    limit = time.monotonic() + 60
    while not any(isinstance(event, Progress) and event.done > 200 for event in EventTail(run.events).read()):
        assert run.status() == "running" and time.monotonic() < limit, run.last_log_lines()
        time.sleep(0.05)
    began = time.monotonic()
    assert stop(run.root, ask=60) == "cancelled"
    assert time.monotonic() < began + 50, "it did not hear that it was asked, but was told by a signal"
    assert codes(run)[-1] == "download.running"
    files.pause_s = 0
    start(run.root)
    assert wait(run) == "finished", run.last_log_lines()
    told = codes(run)
    assert "download.done" in told and "train.weights_matched" in told
    assert [ranged is not None for ranged in files.ranges_asked()] == [False, True]
    units = {event.unit for event in EventTail(run.events).read() if isinstance(event, Progress)}
    assert "kB" in units


def test_that_the_command_downloads_once_and_forgets_what_is_no_weights_file(
    project: ProjectFolder, files: Files, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["train", str(project.root), "--epochs", "0", "--limit", "1", "--from", files.address()]
    assert main(words) == 0
    said = capsys.readouterr().err
    assert f"Downloading {files.address()}" in said and "no checksum was given" in said and "kB" in said
    files.content = dict(running(tmp_path / "ran"))["deep 4"]
    evil = files.address("evil.pdparams")
    assert main([*words[:-1], evil]) == 2
    said = capsys.readouterr().err
    assert "asks for" in said and "kept as" not in said
    assert main([*words[:-1], evil, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "weights.refused" and error["args"]["path"] == evil
    assert not list((tmp_path / "cache").rglob("*evil.pdparams")) and not (tmp_path / "ran").exists()
    assert len(list((tmp_path / "cache").rglob("*-w.pdparams"))) == 1


def test_that_a_wrong_address_or_checksum_makes_no_run(
    project: ProjectFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", str(project.root), "--from"]
    for more, said in (
        (["ftp://example.com/w.pdparams"], "download.address"),
        (["https://example.com/w.pdparams", "--sha256", "12"], "download.sha256"),
        (["0001", "--sha256", "0" * 64], "run.unknown"),
    ):
        assert main([*words, *more, "--json"]) == 2
        assert json.loads(capsys.readouterr().out)["error"]["code"] == said
    assert main(["train", str(project.root), "--sha256", "0" * 64, "--json"]) == 2
    assert not list(project.runs.glob("*"))
