"""What a run asks of a fleet, and what is refused before it would wait for ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.contract.project import DetectorChoice
from engine.contract.queue.needs import needs_of
from engine.contract.run.job import Job, SensitivityJob, TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import UserError
from engine.fleet.opening import checked
from engine.fleet.piece import Demand, Node, Piece, piece_of, refuse

NODES = (Node("a", 4, 8000), Node("b", 2, 16000, 1))


def run_of(folder: Path, job: Job) -> Path:
    (folder / "job.json").write_text(job.model_dump_json())
    return folder


def training(size: int = 160, **settings: Any) -> TrainJob:
    choice = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=size, classes=("a",))
    return TrainJob(choice=choice, index="any", settings=TrainSettings.model_validate(settings))


def test_a_training_asks_for_its_threads_and_for_what_such_a_training_was_seen_to_hold(tmp_path: Path) -> None:
    found = piece_of(run_of(tmp_path, training(threads=3, device="cpu")), NODES)
    assert found == Piece(tmp_path.resolve(), Demand(3, 1724, 0))
    assert piece_of(run_of(tmp_path, training(threads=1, readers=2)), NODES).demand.cores == 3


def test_each_rank_asks_for_its_own_and_a_training_of_several_nodes_is_refused(tmp_path: Path) -> None:
    found = piece_of(run_of(tmp_path, training(threads=2, ranks=2, readers=1)), (*NODES, Node("c", 8, 9000, 2)))
    assert found.demand.cores == 6 and found.demand.gpus == 2
    with pytest.raises(UserError) as refused:
        piece_of(run_of(tmp_path, training(ranks=1, nodes=("a:1", "b:1"))), NODES)
    assert refused.value.message.code == "fleet.has_nodes"


def test_ranks_are_charged_by_a_fleet_as_by_the_queue(tmp_path: Path) -> None:
    job = training(threads=1, ranks=4, readers=1, device="cpu")
    found, queued = piece_of(run_of(tmp_path, job), (Node("big", 64, 64000),)).demand, needs_of(job, None)
    assert found.memory_mb == queued.memory_mb > piece_of(run_of(tmp_path, training(threads=1)), NODES).demand.memory_mb
    assert found.cores == 8


@pytest.mark.parametrize(
    ("settings", "code", "remedy"),
    [
        ({"ranks": 8, "device": "cpu"}, "fleet.too_many_ranks", "--ranks 4"),
        ({"ranks": 4, "threads": 2, "device": "cpu"}, "fleet.too_many_ranks", "--ranks 2"),
        ({"ranks": 2, "threads": 8, "device": "cpu"}, "fleet.too_many_cores", "threads=2"),
        ({"threads": 8}, "fleet.too_many_cores", "threads=4"),
        ({"ranks": 2, "threads": 1, "device": "gpu:0"}, "fleet.too_many_gpu_ranks", "--ranks 1"),
    ],
)
def test_that_who_asks_for_too_many_ranks_is_told_how_many_there_may_be(
    tmp_path: Path, settings: dict[str, Any], code: str, remedy: str
) -> None:
    with pytest.raises(UserError) as refused:
        refuse(piece_of(run_of(tmp_path, training(**settings)), NODES), NODES)
    assert refused.value.message.code == code and f"{remedy}," in refused.value.message.text()


def test_an_estimate_of_memory_never_refuses(tmp_path: Path) -> None:
    found = piece_of(run_of(tmp_path, training(size=640, batch_size=64)), NODES)
    assert found.demand.memory_mb == 16000
    assert found.demand.cores == 1, "a training that takes what is idle takes one core of a fleet"


def test_a_gpu_is_asked_for_by_whoever_may_train_on_one_where_the_fleet_has_one(tmp_path: Path) -> None:
    run = run_of(tmp_path, training(device="auto"))
    assert piece_of(run, NODES).demand.gpus == 1
    assert piece_of(run, NODES[:1]).demand.gpus == 0
    assert piece_of(run_of(tmp_path, training(device="gpu:0")), NODES[:1]).demand.gpus == 1
    assert piece_of(run_of(tmp_path, SensitivityJob(run="r", index="i", threads=2)), NODES).demand.gpus == 0
    with pytest.raises(UserError) as refused:
        piece_of(run_of(tmp_path, training(device="gpu:1")), NODES)
    assert refused.value.message.code == "fleet.which_gpu"


@pytest.mark.parametrize(
    ("demand", "code"),
    [
        (Demand(5), "fleet.too_many_cores"),
        (Demand(1, 20000), "fleet.too_much_memory"),
        (Demand(1, 0, 3), "fleet.too_many_gpus"),
        (Demand(4, 0, 1), "fleet.not_together"),
    ],
)
def test_what_no_machine_of_the_fleet_has_is_refused_in_words(demand: Demand, code: str) -> None:
    with pytest.raises(UserError) as refused:
        refuse(Piece(Path("0001-big"), demand), NODES)
    assert refused.value.message.code == code
    assert "0001-big" in refused.value.message.text()


def test_what_one_machine_holds_is_not_refused_nor_what_only_slurm_can_judge() -> None:
    refuse(Piece(Path("r"), Demand(2, 16000, 1)), NODES)
    refuse(Piece(Path("r"), Demand(500)), ())


@pytest.mark.parametrize("word", ["local", "ray", "slurm", "10.0.0.7:6379", "head.lab:6379", "ray://head:10001"])
def test_the_words_that_name_a_fleet(word: str) -> None:
    assert checked(word) == word


@pytest.mark.parametrize("word", ["", "project", "head", "head:", "http://head:80", "a b:1"])
def test_another_word_is_refused_with_those_that_name_one(word: str) -> None:
    with pytest.raises(UserError) as refused:
        checked(word)
    assert refused.value.message.code == "fleet.unknown"
