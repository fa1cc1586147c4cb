"""What a recipe's untrained network finds is what the run that is made of it is told to find before it trains."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.cli.verbs.serve import Answer, Check, PictureAnswers, Request, serve
from engine.contract.figures import pick
from engine.contract.previews.trial import StepFate, TrialAnswer, TrialRequest, TrialScore
from engine.contract.project import ProjectFolder
from engine.contract.recipe import Recipe, Step
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from engine.demo.session import WEIGHTS
from engine.run.context import JobContext
from engine.trial.trials import Trials
from tests.engine.model.test_prediction import make_run

HALF = Step(technique="filter_prune", params={"ratio": 0.5, "epochs": 0})


def recipe(*steps: Step) -> Recipe:
    return Recipe(name="mine", steps=steps)


@pytest.fixture
def run(project: ProjectFolder, train_job: TrainJob) -> Path:
    """A run whose untrained network finds something of everything."""
    return make_run(project, train_job)


def request(project: ProjectFolder, run: Path, *steps: Step, **more: Any) -> TrialRequest:
    return TrialRequest(project=str(project.root), start=run.name, recipe=recipe(*steps), **more)


def last_score(parts: list[TrialAnswer]) -> TrialScore:
    return [part.score for part in parts if part.score is not None][-1]


STEPS = (
    HALF,
    Step(technique="filter_prune", params={"ratio": 0.5, "criterion": "l1", "epochs": 0}),
    Step(technique="filter_prune", params={"ratio": 0.5, "criterion": "obs", "pictures": 8, "epochs": 0}),
    Step(technique="quant_post", params={"pictures": 2}),
)


@pytest.mark.slow
def test_that_an_untrained_map_is_what_the_run_made_of_it_tells(project: ProjectFolder) -> None:
    from engine.jobs import train

    def made(job: TrainJob) -> tuple[Path, list[Any]]:
        folder = RunFolder(project.new_run("made", job=job.model_dump_json()))
        told: list[Any] = []
        train.run(job, JobContext(folder.root, told.append))
        return folder.root, [event for event in told if event.type == "figures" and event.moment == "transformed"]

    # The sample's own detector: its scores differ, so that no order of equals decides.
    choice = project.load().detector.model_copy(update={"size": 160})
    job = TrainJob(choice=choice, index=str(project.index), settings=TrainSettings(epochs=0), start=str(WEIGHTS))
    start, _ = made(job)
    with Trials() as trials:
        for step in STEPS:
            _, (moment,) = made(job.model_copy(update={"start": str(start), "steps": (step,)}))
            expected = pick(moment.figures, "map")
            score = last_score(list(trials.answer(request(project, start, step))))
            assert expected is not None and score.pictures == score.total == 4
            assert score.tried.value == pytest.approx(expected.value, abs=0.01), step
            assert score.tried.conditions == expected.conditions
        # At half its filters the sample's detector finds little, in int8 all: so neither was left out.
        assert expected is not None and expected.value > 30


def test_that_an_answer_is_refined_and_known_the_next_time(project: ProjectFolder, run: Path, signs: Path) -> None:
    picture = str(sorted((signs / "images" / "val").iterdir())[0])
    asked = request(project, run, HALF, picture=picture, threshold=0.0, sizes=(2, 3, 0))
    with Trials() as trials:
        parts = list(trials.answer(asked))
        began = time.monotonic()
        again = list(trials.answer(asked))
        assert time.monotonic() - began < 0.5
        bare = list(trials.answer(request(project, run, picture=picture, threshold=0.0, sizes=())))
    scores = [part.score for part in parts if part.score is not None]
    assert [score.pictures for score in scores] == [2, 2, 3, 3, 4, 4]
    for score in scores[1::2]:
        assert score.base is not None and score.change is not None
        for figure in (score.tried, score.base, score.change):
            assert figure.low is not None and figure.high is not None and figure.low <= figure.value <= figure.high
    assert last_score(again) == scores[-1] and not parts[-1].more
    found = {side: boxes for part in parts for side, boxes in (part.boxes or {}).items()}
    assert found["tried"] != found["base"] == next(part.boxes for part in bare if part.boxes)["tried"] != ()


def test_that_steps_act_in_the_order_of_the_plan_and_up_to_the_one_that_is_asked_for(
    project: ProjectFolder, run: Path
) -> None:
    steps = (
        Step(technique="quant_aware"),
        HALF,
        Step(technique="lr_schedule"),
        HALF.model_copy(update={"enabled": False}),
    )
    with Trials() as trials:
        told = [list(trials.answer(request(project, run, *steps, upto=upto, sizes=()))) for upto in (None, 1)]
    (before, whole), (part,) = ([one.fates for one in parts if one.fates is not None] for parts in told)
    # Until int8 is calibrated, what is seen is said to be without it.
    assert before == whole[:2] and told[0][0].pending is not None and told[0][1].pending is None
    assert [(fate.step, fate.acts) for fate in whole] == [(2, "training"), (1, "now"), (0, "now")]
    assert part == whole[:2]
    assert whole[0].reason is not None and "training" in whole[0].reason.text()


def test_that_what_became_of_a_step_is_told_by_where_it_stands_now(project: ProjectFolder, run: Path) -> None:
    off = Step(technique="lr_schedule", enabled=False)
    with Trials() as trials:
        for steps, place in (((HALF,), 0), ((off, HALF), 1)):
            told = next(iter(trials.answer(request(project, run, *steps, sizes=())))).fates
            assert told is not None and [fate.step for fate in told] == [place]


def test_that_a_step_whose_weights_would_be_new_is_left_out_and_says_so(project: ProjectFolder, run: Path) -> None:
    swap = Step(technique="backbone_swap", params={"backbone": "mobilenet_v1"})
    with Trials() as trials:
        parts = list(trials.answer(request(project, run, swap, sizes=(2,))))
    fates: tuple[StepFate, ...] = parts[0].fates or ()
    assert [fate.acts for fate in fates] == ["cannot"] and fates[0].reason is not None
    score = last_score(parts)
    assert score.change is not None and score.change.value == 0


def test_that_a_newer_request_ends_an_older_one_and_what_is_known_stays(project: ProjectFolder, run: Path) -> None:
    class Enough(Exception):
        pass

    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls > 40:
            raise Enough

    with Trials() as trials:
        with pytest.raises(Enough):
            list(trials.answer(request(project, run, HALF), check))
        assert last_score(list(trials.answer(request(project, run, HALF)))).pictures == 4


def test_that_a_stream_gives_way_to_what_comes_after_it() -> None:
    """The second line is there while the first is being answered in parts: no part more of the first."""
    lines = [json.dumps({"id": number}) + "\n" for number in (1, 2)]
    gate: list[int] = []

    def slow(request: Request, check: Check) -> Iterator[Answer]:
        yield {"part": 1}
        until = time.monotonic() + 5
        while request["id"] == 1 and time.monotonic() < until:
            check()
            gate.append(1)
            time.sleep(0.01)
        yield {"part": 2}

    class Later(io.StringIO):
        """Gives the second line only once the first is being worked on."""

        def __iter__(self) -> Iterator[str]:  # type: ignore[override]
            yield lines[0]
            while not gate:
                time.sleep(0.01)
            yield lines[1]

    out = io.StringIO()
    serve(Later(), out, slow)
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(one["id"], one["part"]) for one in told] == [(1, 1), (2, 1), (2, 2)]


def test_that_the_process_answers_in_parts_and_refuses_in_words(project: ProjectFolder, run: Path) -> None:
    asked = {"what": "try"} | request(project, run, HALF, sizes=(2,)).model_dump(mode="json")
    twice = {"what": "try"} | request(project, run, HALF, HALF).model_dump(mode="json")
    out = io.StringIO()
    answers = PictureAnswers()
    for number, one in enumerate((asked, twice)):
        serve(io.StringIO(json.dumps({"id": number, **one})), out, answers)
    answers.close()
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [TrialAnswer.model_validate({k: v for k, v in one.items() if k != "id"}).more for one in told[:-1]] == [
        True, True, True, False,
    ]  # fmt: skip
    assert told[-1]["error"]["code"] == "plan.twice"


def test_that_an_interval_narrows_with_the_pictures_and_equal_sides_differ_by_nothing() -> None:
    from engine.contract.dataset import Box, Picture
    from engine.contract.figures import Conditions
    from engine.trial.scores import change, drawn, in_interval, map_of

    box = Box(class_id=0, x1=10, y1=10, x2=60, y2=60)
    hit = np.array([[0, 0.9, 10, 10, 60, 60]], np.float32)
    miss = np.array([[0, 0.8, 70, 70, 90, 90]], np.float32)
    widths = []
    for count in (8, 64):
        pictures = [Picture(n, f"{n}.png", 100, 100, "val", str(n), (box,)) for n in range(count)]
        found = [hit if number % 2 else miss for number in range(count)]
        draws, score = drawn(pictures, found, ("a",), lambda: None), map_of(pictures, found, ("a",), Conditions())
        told, same = in_interval(score, draws), change(score, score, draws, draws)
        assert told.low is not None and told.high is not None and told.low <= told.value <= told.high
        assert (same.value, same.low, same.high) == (0, 0, 0)
        widths.append(told.high - told.low)
    assert 0 < widths[1] < widths[0]
