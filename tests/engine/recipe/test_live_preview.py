"""What the studio is told while a recipe is edited."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, Literal

import pytest

from engine.cli.verbs.serve import answer_figures, serve
from engine.contract.figures import pick
from engine.contract.latency import PhoneChoice
from engine.contract.previews.figures import Figures, FiguresAnswer, FiguresRequest
from engine.contract.recipe import Recipe, Step, builtin_recipes
from engine.recipe import live_preview as live
from tests.engine.small_detectors import choice_of, graph_of

KEY = "ssdlite_mobilenet_v3_small"


@pytest.fixture(autouse=True)
def _traced_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.recipe.stack._traced", lambda config: graph_of(KEY))


def ask(*steps: Step, **more: Any) -> FiguresAnswer:
    recipe = Recipe(name="test", steps=steps)
    return live.answer(FiguresRequest(detector=choice_of(KEY), recipe=recipe, **more))


def params(figures: Figures | None) -> float:
    assert figures is not None
    found = pick(figures, "params")
    assert found is not None
    return found.value


def prune(ratio: object, criterion: str = "fpgm", **more: Any) -> Step:
    return Step(technique="filter_prune", params={"ratio": ratio, "criterion": criterion}, **more)


def test_that_steps_add_up_in_the_order_of_the_plan_and_stand_in_that_of_the_recipe() -> None:
    told = ask(Step(technique="quant_post"), prune(0.5), Step(technique="lr_schedule"))
    assert params(told.steps[2]) == params(told.base) > params(told.steps[1]) == params(told.steps[0])
    assert told.figures == told.steps[0]
    assert [(job.label, tuple(step.technique for step in job.steps), job.epochs) for job in told.jobs] == [
        ("compress", ("lr_schedule", "filter_prune"), 20),
        ("quant_post", ("quant_post",), 0),
    ]
    assert told.problems == ()


def test_that_a_phones_precision_follows_the_recipe_where_that_is_asked() -> None:
    def precisions(precision: Literal["fp32", "fp16"], **more: Any) -> list[str | None]:
        phone = PhoneChoice(soc="SD865", threads=4, precision=precision)
        told = ask(prune(0.5), Step(technique="quant_post"), phone=phone, **more)
        found = [pick(figures or (), "phone_ms") for figures in (told.base, *told.steps, told.figures)]
        return [figure.conditions.precision if figure else None for figure in found]

    assert precisions("fp32", follow=True) == ["fp32", "fp32", "int8", "int8"]
    assert precisions("fp16", follow=True) == ["fp16", "fp16", "int8", "int8"]
    assert precisions("fp32") == ["fp32"] * 4


def test_that_a_recipe_on_a_pruned_run_begins_with_what_is_left_of_it(tmp_path: Path) -> None:
    from engine.detector.base.header import CheckpointInfo
    from engine.detector.network.checkpoint import network_arrays, save
    from engine.model.assembly import assemble, extend

    step = prune(0.5, criterion="l1")
    model = extend(assemble(choice_of(KEY)), (step,))
    info = CheckpointInfo(choice=model.choice, steps=model.steps, records=model.records)
    arrays = {f"model.{name}": value for name, value in network_arrays(model.network).items()}
    (tmp_path / "runs" / "0002-cut").mkdir(parents=True)
    save(tmp_path / "runs" / "0002-cut" / "checkpoints" / "best.safetensors", info, arrays)

    whole, cut = ask(project=str(tmp_path)), ask(project=str(tmp_path), start="0002-cut")
    again = ask(prune(0.5), project=str(tmp_path), start="0002-cut")
    assert params(whole.base) > params(cut.base) == params(ask(step).figures) > params(again.figures)
    assert ask(project=str(tmp_path), start="0003-nowhere").base == whole.base


def test_that_a_step_switched_off_counts_for_nothing() -> None:
    told = ask(prune(0.5, enabled=False), prune(0.3))
    assert told.steps[0] is None and told.steps[1] == told.figures
    assert told.problems == ()
    off = ask(prune(0.5, enabled=False))
    assert (off.base, off.steps, off.jobs, off.problems) == (off.figures, (None,), (), ())


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (prune(1.5), "technique.parameter"),
        (Step(technique="nonsense"), "technique.unknown"),
        (Step(technique="filter_prune", params={"ratios": {"nowhere": 0.5}}), "prune.unknown_group"),
        (Step(technique="filter_prune", params={"preset": "head70"}), "prune.preset_family"),
        (Step(technique="filter_prune", params={"ratios": {"head.conv": 2}}), "technique.parameter"),
    ],
)
def test_that_a_bad_step_is_a_problem_of_that_step_and_the_rest_is_told(step: Step, code: str) -> None:
    told = ask(Step(technique="lr_schedule"), step)
    assert [(problem.message.code, problem.step) for problem in told.problems] == [(code, 1)]
    assert told.steps == (told.base, None) and told.figures == told.base and told.jobs == ()


def test_that_problems_between_steps_name_the_later_one() -> None:
    told = ask(Step(technique="quant_aware"), prune(0.1), prune(0.2), Step(technique="quant_post"))
    assert [(problem.message.code, problem.step) for problem in told.problems] == [
        ("plan.twice", 2),
        ("plan.quantised_twice", 3),
    ]


def test_the_command_that_does_the_same() -> None:
    assert ask(prune(0.1)).command == "espalier compress DIR RECIPE"
    told = ask(prune(0.1), project="/data/my project", recipe_path="a.json", start="0001-train", teacher="0002 b")
    assert told.command == "espalier compress '/data/my project' a.json --from 0001-train --teacher '0002 b'"
    request = FiguresRequest(detector=choice_of(KEY), recipe=builtin_recipes()["ssdlite-phone"])
    assert live.answer(request).command == "espalier compress DIR ssdlite-phone"


def test_that_a_detector_alone_and_a_request_that_is_none_are_answered() -> None:
    answers = io.StringIO()
    detector = choice_of(KEY).model_dump(mode="json")
    bare = answer_figures({"id": 1, "detector": detector})
    assert bare["base"] == bare["figures"] and bare["steps"] == [] and bare["problems"] == []
    serve(io.StringIO(json.dumps({"id": 7, "detector": detector | {"size": 97}})), answers, answer_figures)
    assert json.loads(answers.getvalue())["error"]["code"] == "detector.size"
    off = {"name": "off", "steps": [{"technique": "lr_schedule", "enabled": False}]}
    assert answer_figures({"detector": detector, "recipe": off})["steps"] == [None]
