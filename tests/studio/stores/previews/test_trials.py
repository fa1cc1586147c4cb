"""What is tried is the recipe in view: newer questions win, older answers are never shown, and there is an end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.previews.trial import SIZES, TrialAnswer
from engine.contract.recipe import Recipe, Step
from engine.contract.text.messages import Message
from studio.stores.previews import trials
from studio.stores.previews.trials import LOWEST, OF_STEPS, Trial, TrialsStore
from studio.studio import Studio
from tests.studio.stores.previews.told_trials import END, STOP, YIELD, ToldEngine, boxes, score
from tests.studio.stores.told_runs import write_run

HALF = Step(technique="filter_prune", params={"ratio": 0.5})
INT8 = Step(technique="quant_post")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> ToldEngine:
    ToldEngine.made = []
    monkeypatch.setattr(trials, "AnsweringEngine", ToldEngine)
    return ToldEngine("pictures")


@pytest.fixture
def store(studio: Studio, engine: ToldEngine, project: Path, qtbot: QtBot) -> Iterator[TrialsStore]:
    """Watched, of a project with one run and a recipe of two steps; its first question is asked."""
    run = write_run(project)
    made = TrialsStore(studio.project, studio.recipe)
    assert studio.project.open(project)
    studio.recipe.replace(Recipe(name="mine", steps=(HALF, INT8)))
    studio.recipe.set_base(run.name)
    made.show("a.png", None)
    made.watch(True)
    qtbot.waitUntil(lambda: len(told(made).requests) == 1)
    yield made
    made.close()
    made.deleteLater()


def told(store: TrialsStore) -> ToldEngine:
    engine = store._engine
    assert isinstance(engine, ToldEngine)
    return engine


def asked(store: TrialsStore, qtbot: QtBot, count: int) -> None:
    """Wait until so many questions were asked."""
    qtbot.waitUntil(lambda: len(told(store).requests) == count)


def test_that_the_recipe_is_asked_of_the_run_and_told_part_by_part(store: TrialsStore, project: Path) -> None:
    (request,) = told(store).requests
    assert (request.project, request.start, request.picture) == (str(project), "0001-train", "a.png")
    assert (request.recipe.steps, request.upto, request.threshold, request.sizes) == ((HALF, INT8), None, LOWEST, SIZES)
    assert store.busy and store.at_work and store.trial == Trial()
    seen: list[tuple[int, bool, float | None]] = []
    store.changed.connect(lambda: seen.append((len(store.trial.boxes), store.busy, value(store))))
    told(store).answer_whole(31.0)
    assert seen == [(0, True, None), (1, True, None), (2, True, None), (2, True, 31.0), (2, False, 31.0)]
    assert store.trial.boxes == {"tried": (YIELD,), "base": (STOP,)} and not store.at_work


def value(store: TrialsStore) -> float | None:
    return store.trial.score.tried.value if store.trial.score is not None else None


def test_that_a_change_supersedes_what_is_being_answered(store: TrialsStore, studio: Studio, qtbot: QtBot) -> None:
    engine = told(store)
    engine.answer(TrialAnswer(fates=()), boxes("tried", YIELD), boxes("base", STOP), score(31.0, 2))
    for ratio in (0.6, 0.7, 0.8):
        studio.recipe.set_param(0, "ratio", ratio, merge=True)
    assert store.at_work
    asked(store, qtbot, 2)  # for several changes at once
    assert engine.requests[-1].recipe.steps[0].params == {"ratio": 0.8}
    # Of the older answer nothing is in view but what the run itself finds on the same picture.
    assert store.trial == Trial(boxes={"base": (STOP,)}) and store.busy
    store.show("b.png", None)
    asked(store, qtbot, 3)
    assert store.trial == Trial()


def test_that_a_slider_moved_before_the_run_s_own_boxes_are_there_asks_as_well(
    store: TrialsStore, studio: Studio, qtbot: QtBot
) -> None:
    told(store).answer(TrialAnswer(fates=()), boxes("tried", YIELD))
    studio.recipe.set_param(0, "ratio", 0.8)
    asked(store, qtbot, 2)
    assert store.trial == Trial() and store.busy


def test_that_a_name_is_no_change_and_undo_asks_again(store: TrialsStore, studio: Studio, qtbot: QtBot) -> None:
    told(store).answer_whole(31.0)
    studio.recipe.rename("yours")
    qtbot.wait(3 * trials.SOON_MS)
    assert len(told(store).requests) == 1 and value(store) == 31.0 and not store.at_work
    studio.recipe.set_enabled(0, False)
    asked(store, qtbot, 2)
    studio.recipe.undo.undo()
    asked(store, qtbot, 3)
    assert told(store).requests[2].recipe.steps == told(store).requests[0].recipe.steps


def test_that_an_error_is_told_and_asked_again_only_when_wanted(
    store: TrialsStore, studio: Studio, qtbot: QtBot
) -> None:
    told(store).answer(boxes("tried", YIELD), Message(code="plan.twice", args={"technique": "filter_prune"}))
    assert store.error is not None and store.error.code == "plan.twice" and not store.at_work
    store.show("a.png", None)
    qtbot.wait(3 * trials.SOON_MS)
    assert len(told(store).requests) == 1
    store.again()
    asked(store, qtbot, 2)
    assert store.error is None and store.busy
    told(store).answer_whole(31.0)
    assert value(store) == 31.0


def test_that_an_answer_that_cannot_be_read_is_an_error(store: TrialsStore) -> None:
    receive = told(store)._receive
    assert receive is not None
    receive({"id": 1, "fates": "none"})
    assert store.error is not None and store.error.code == "serve.failed" and not store.busy


def test_that_scores_of_the_steps_follow_once_and_only_of_those_that_act(
    store: TrialsStore, studio: Studio, qtbot: QtBot
) -> None:
    engine = told(store)
    engine.answer_whole(31.0, 0, 1)
    assert not store.busy and store.at_work
    (first,) = engine.requests[1:]
    assert (first.upto, first.picture, first.sizes) == (0, None, (OF_STEPS,))
    engine.answer(TrialAnswer(fates=()), score(40.0), END)
    assert engine.requests[-1].upto == 1
    engine.answer(TrialAnswer(fates=()), score(31.0), END)
    assert len(engine.requests) == 3 and not store.at_work
    scores = [store.after_step(place) for place in (0, 1)]
    assert [found.tried.value for found in scores if found is not None] == [40.0, 31.0]
    assert value(store) == 31.0 and store.trial.boxes["tried"] == (YIELD,)
    studio.recipe.set_param(0, "ratio", 0.7)
    assert store.after_step(0) is None  # it was of other steps
    studio.recipe.undo.undo()
    assert store.after_step(0) == scores[0]
    store.show("b.png", None)
    asked(store, qtbot, 4)
    engine.answer_whole(31.0, 0, 1)
    assert len(engine.requests) == 4  # known


def test_that_all_steps_are_told_on_the_same_pictures(store: TrialsStore, qtbot: QtBot) -> None:
    store.show("a.png", 1)
    asked(store, qtbot, 2)
    engine = told(store)
    first = score(33.0, OF_STEPS, 150).score
    assert first is not None
    alone = TrialAnswer(score=first.model_copy(update={"base": None, "change": None}))
    engine.answer(TrialAnswer(fates=()), boxes("tried", YIELD), boxes("base", STOP), alone)
    assert store.after_step(1) is None  # what it is compared with is still to come
    engine.answer(score(33.0, OF_STEPS, 150), score(30.0, 150, 150), END)
    kept = store.after_step(1)
    assert kept is not None and (kept.pictures, kept.tried.value) == (OF_STEPS, 33.0)
    assert value(store) == 30.0


def test_that_an_error_of_a_step_on_the_way_hides_nothing(store: TrialsStore) -> None:
    told(store).answer_whole(31.0, 0, 1)
    told(store).answer(Message(code="serve.failed", args={"reason": "memory"}))
    assert store.error is None and value(store) == 31.0 and not store.at_work


def test_that_without_val_pictures_there_is_an_end(store: TrialsStore) -> None:
    notice = TrialAnswer(notice=Message(code="try.no_val", args={"path": "p"}))
    told(store).answer(TrialAnswer(fates=()), boxes("tried", YIELD), boxes("base", STOP), notice, END)
    assert len(told(store).requests) == 1 and not store.at_work
    assert store.trial.notice is not None and store.trial.score is None


def test_that_what_steps_do_is_not_asked_again_and_again_where_nothing_is_told_of_it(store: TrialsStore) -> None:
    told(store).answer_whole(31.0, 0, 1)
    told(store).answer(TrialAnswer(fates=()), END)
    assert len(told(store).requests) == 2 and not store.at_work


def test_that_only_who_watches_asks_and_who_comes_back_finds_what_was_known(
    store: TrialsStore, studio: Studio, qtbot: QtBot
) -> None:
    engine = told(store)
    store.watch(False)
    assert engine.halts == 1 and not store.at_work
    studio.recipe.set_param(0, "ratio", 0.7)
    qtbot.wait(3 * trials.SOON_MS)
    assert len(engine.requests) == 1 and not store.at_work
    store.watch(True)
    asked(store, qtbot, 2)
    engine.answer_whole(31.0, 0)  # and the step is asked of
    store.watch(False)
    assert engine.halts == 2 and not store.at_work
    store.watch(True)
    assert value(store) == 31.0
    asked(store, qtbot, 4)
    assert engine.requests[-1].upto == 0 and value(store) == 31.0


def test_that_up_to_a_step_is_another_question(store: TrialsStore, qtbot: QtBot) -> None:
    told(store).answer_whole(31.0)
    store.show("a.png", 0)
    asked(store, qtbot, 2)
    assert (told(store).requests[-1].upto, store.upto, store.trial) == (0, 0, Trial(boxes={"base": (STOP,)}))
    told(store).answer_whole(40.0, 0)
    found = store.after_step(0)
    assert found is not None and found.tried.value == 40.0


def test_that_without_a_run_nothing_stays_in_view(store: TrialsStore, studio: Studio, qtbot: QtBot) -> None:
    told(store).answer_whole(31.0)
    studio.recipe.set_base(None)
    qtbot.waitUntil(lambda: store.trial == Trial())
    assert not store.at_work and store.after_step(0) is None


def test_that_closing_the_project_forgets(store: TrialsStore, studio: Studio, project: Path, qtbot: QtBot) -> None:
    told(store).answer_whole(31.0)
    known = store.after_step
    studio.project.close()
    assert store.trial == Trial() and known(0) is None and told(store).closes == 1
    qtbot.waitUntil(lambda: not store.at_work)
    assert studio.project.open(project)
    asked(store, qtbot, 2)
    assert told(store).requests[-1].picture is None and store.upto is None
