"""Boxes of a run are those of the model that it really is, and a warm process survives what it is refused."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli.verbs.serve import PictureAnswers, serve
from engine.contract.project import ProjectFolder
from engine.contract.recipe import Step
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import TrainJob


def make_run(project: ProjectFolder, job: TrainJob, *steps: Step) -> Path:
    """A run folder with an untrained network under the steps."""
    import paddle

    from engine.detector.base.header import CheckpointInfo
    from engine.detector.network.checkpoint import network_arrays, save
    from engine.model.assembly import assemble, extend

    paddle.seed(0)
    model = extend(assemble(job.choice), steps)
    folder = RunFolder(project.new_run("made"))
    folder.job.write_text(job.model_dump_json(), encoding="utf-8")
    info = CheckpointInfo(choice=job.choice, steps=model.steps, records=model.records)
    arrays = {f"model.{name}": value for name, value in network_arrays(model.network).items()}
    folder.checkpoints.mkdir()
    save(folder.checkpoints / "best.safetensors", info, arrays)
    return folder.root


def boxes_of(answer: PictureAnswers, run: Path, picture: str) -> list[dict[str, Any]]:
    """All boxes of a run on a picture."""
    found = answer({"run": str(run), "picture": picture, "threshold": 0})
    assert isinstance(found, dict)
    return list(found["boxes"])


@pytest.fixture
def pictures(signs: Path) -> list[str]:
    return [str(path) for path in sorted((signs / "images" / "test").iterdir())]


def test_that_a_post_training_quantised_run_shows_what_its_int8_program_finds(
    project: ProjectFolder, train_job: TrainJob, pictures: list[str]
) -> None:
    from engine.detector.predict.pictures import read_picture, to_inputs
    from engine.model.assembly import load
    from engine.model.measurement import calibration_of, predictor_of

    quantised = make_run(project, train_job, Step(technique="quant_post", params={"pictures": 2}))
    plain = make_run(project, train_job)
    picture = read_picture(pictures[0])
    model, _ = load(quantised)
    with contextlib.closing(PictureAnswers()) as answer:
        from engine.contract.dataset import Index

        with Index.open(project.index) as index:
            calibration = calibration_of(model, index.pictures("train"))
        with predictor_of(model, calibration) as predict:
            expected = [float(row[1]) for row in predict(to_inputs(picture, model.config))[0]]
        found, floating = (boxes_of(answer, run, pictures[0]) for run in (quantised, plain))
    assert expected and [box["score"] for box in found] == expected
    assert expected != [box["score"] for box in floating]


def test_that_what_is_refused_is_answered_and_the_next_request_too(
    project: ProjectFolder, train_job: TrainJob, pictures: list[str], tmp_path: Path
) -> None:
    run = make_run(project, train_job)
    (tmp_path / "none.png").write_text("no picture")
    good = {"run": str(run), "picture": pictures[0], "threshold": 0}
    requests: list[dict[str, Any]] = [
        good | {"picture": str(tmp_path / "none.png")},
        good | {"picture": str(tmp_path / "nowhere.png")},
        good | {"picture": str(tmp_path)},
        good | {"run": str(tmp_path)},
        {"run": str(run)},
        good,
    ]
    answers = []
    with contextlib.closing(PictureAnswers()) as answer:
        for number, request in enumerate(requests):
            out = io.StringIO()
            serve(io.StringIO(json.dumps({"id": number, **request})), out, answer)
            answers.append(json.loads(out.getvalue()))
    assert [one["id"] for one in answers] == list(range(6))
    assert [one["error"]["code"] for one in answers[:5]] == [
        "picture.unreadable",
        "picture.missing",
        "picture.missing",
        "run.no_checkpoint",
        "serve.request",
    ]
    boxes = answers[5]["boxes"]
    assert boxes and {"class", "score", "box"} == boxes[0].keys()
    assert boxes[0]["class"] in train_job.choice.classes


def test_that_calibration_pictures_lie_beside_a_run_that_was_moved(
    project: ProjectFolder, train_job: TrainJob, tmp_path: Path
) -> None:
    from engine.model.assembly import load
    from engine.model.prediction import _calibration

    run = make_run(project, train_job.model_copy(update={"index": str(tmp_path / "elsewhere.sqlite")}))
    found = _calibration(run, load(run)[0])
    assert found is not None and found.count == 8
