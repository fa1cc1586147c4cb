"""What a worker of the queue finds: what whoever put its run in had, whoever begins it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contract.queue.changes import go_on_all, pause_all
from engine.contract.queue.pump import enqueue
from engine.contract.queue.tickets import read_tickets
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import EvaluateJob
from engine.contract.run.stopping import stop
from engine.contract.system import environment

TELLS = ("/bin/sh", "-c", 'env > "$0/env.part"; mv "$0/env.part" "$0/env.txt"')
"""A worker that writes down what it found."""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunFolder]:
    folder = RunFolder(tmp_path / "run")
    folder.root.mkdir()
    folder.job.write_text(EvaluateJob(run="any", index=str(tmp_path / "data" / "index")).model_dump_json())
    pause_all()
    yield folder
    pause_all()
    stop(folder.root, ask=0, terminate=0)


def begun(run: RunFolder, told: str = "env.txt") -> str:
    go_on_all()
    deadline = time.monotonic() + 60
    while not (run.root / told).exists():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return (run.root / told).read_text()


def found(run: RunFolder) -> dict[str, str]:
    return dict(line.split("=", 1) for line in begun(run).splitlines() if "=" in line)


@pytest.mark.parametrize(
    "name",
    [
        "CUDA_DEVICE_ORDER",
        "HTTPS_PROXY",
        "LD_LIBRARY_PATH",
        "RAY_ADDRESS",
        "RAY_AUTH_TOKEN_PATH",
        "REQUESTS_CA_BUNDLE",
        "SBATCH_PARTITION",
        "SLURM_CONF",
        "SSL_CERT_FILE",
        "http_proxy",
        "no_proxy",
    ],
)
def test_that_who_begins_a_run_that_waited_does_not_decide_what_it_finds(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # It names nothing that a shell itself would go by.
    monkeypatch.setenv(name, "/of/whoever/put/it/in")
    enqueue(run.root, command=TELLS)
    monkeypatch.setenv(name, "/of/whoever/pumps")
    assert found(run)[name] == "/of/whoever/put/it/in"


def test_that_what_only_who_begins_it_has_does_not_reach_it(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("ESPALIER_OTHER", "HTTPS_PROXY", "SBATCH_QOS")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    enqueue(run.root, command=TELLS)
    for name in names:
        monkeypatch.setenv(name, "of-whoever-pumps")
    assert not set(names) & set(found(run))


def test_that_the_interpreter_and_the_tree_are_those_of_who_put_it_in(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "other" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\nfor last; do :; done\necho "$PYTHONPATH $*" > "$last/who"\n')
    python.chmod(0o755)
    with monkeypatch.context() as theirs:
        theirs.setattr(sys, "executable", str(python))
        theirs.setattr(environment, "ROOT", tmp_path / "tree")
        enqueue(run.root)
    path, words = begun(run, "who").split(" ", 1)
    assert path.split(":")[0] == str(tmp_path / "tree")
    assert words.split() == ["-m", "engine", "run", str(run.root)]


def test_that_who_puts_it_in_once_more_decides_it_anew(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/first")
    number = enqueue(run.root, command=("/nowhere/python",))
    monkeypatch.setenv("LD_LIBRARY_PATH", "/second")
    assert enqueue(run.root, command=TELLS) == number
    assert found(run)["LD_LIBRARY_PATH"] == "/second"


def test_that_a_token_is_neither_kept_nor_handed_on(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "a-secret")
    enqueue(run.root, command=TELLS)
    assert "a-secret" not in read_tickets()[0].model_dump_json()
    assert "RAY_AUTH_TOKEN" not in found(run)


def test_that_a_ticket_of_before_is_begun_by_whoever_is_there(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    enqueue(run.root, command=TELLS)
    from engine.contract.queue.tickets import opened

    with opened() as book:
        book.keep(book.tickets[0].model_copy(update={"environment": {"HOME": "/"}}))
    monkeypatch.setenv("LD_LIBRARY_PATH", "/of/whoever/pumps")
    assert found(run)["LD_LIBRARY_PATH"] == "/of/whoever/pumps"
