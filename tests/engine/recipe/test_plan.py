"""A recipe becomes ordered jobs, or is refused with a sentence."""

from __future__ import annotations

import pytest

from engine.contract.project import DetectorChoice
from engine.contract.recipe import Recipe, Step, builtin_recipes
from engine.contract.text.messages import UserError
from engine.recipe.plan import plan, with_epochs

YOLO = DetectorChoice(key="yolov3_mobilenet_v3_large", size=320, classes=("a",))
SSD = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=160, classes=("a",))


def recipe(*steps: tuple[str, dict[str, object]]) -> Recipe:
    """A recipe of those steps."""
    return Recipe(name="test", steps=tuple(Step(technique=key, params=params) for key, params in steps))


def test_that_pruning_and_teaching_are_one_job_and_quantising_the_next_with_the_same_teaching() -> None:
    jobs = plan(
        recipe(
            ("quant_aware", {"epochs": 3, "rate_factor": 0.1}),
            ("distill", {"epochs": 5}),
            ("filter_prune", {"preset": "head86", "epochs": 9}),
            ("lr_schedule", {}),
        ),
        YOLO,
    )
    assert [[step.technique for step in job.steps] for job in jobs] == [
        ["lr_schedule", "filter_prune", "distill"],
        ["quant_aware"],
    ]
    assert [step.technique for step in jobs[1].alongside] == ["lr_schedule", "distill"]
    assert [(job.epochs, job.rate_factor) for job in jobs] == [(9, 1.0), (3, 0.1)]
    assert [job.epochs for job in with_epochs(jobs, 2)] == [2, 2]


def test_that_post_training_quantisation_trains_nothing_whatever_epochs_are_asked_for() -> None:
    jobs = plan(recipe(("quant_post", {})), SSD)
    assert [job.epochs for job in with_epochs(jobs, 7)] == [0]


def test_that_a_step_switched_off_does_not_count() -> None:
    off = Recipe(name="off", steps=(Step(technique="filter_prune", enabled=False),))
    with pytest.raises(UserError, match="no step"):
        plan(off, SSD)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([("nonsense", {})], "nonsense"),
        ([("filter_prune", {"ratio": 1.5})], "ratio"),
        ([("filter_prune", {"preset": "head70"})], "head70"),
        ([("filter_prune", {}), ("filter_prune", {})], "twice"),
        ([("quant_aware", {}), ("quant_post", {})], "quantises twice"),
    ],
)
def test_that_a_bad_recipe_is_refused_in_words(steps: list[tuple[str, dict[str, object]]], words: str) -> None:
    with pytest.raises(UserError, match=words):
        plan(recipe(*steps), SSD)


def test_that_every_built_in_recipe_can_be_planned_for_every_detector_that_it_names() -> None:
    for built_in in builtin_recipes().values():
        for key in built_in.detectors:
            assert plan(built_in, DetectorChoice(key=key, size=320, classes=("a",)))


@pytest.mark.parametrize("key", ["backbone_swap", "auto_augment", "grid_mask", "backbone_lr"])
def test_that_a_step_before_pruning_alone_is_one_training(key: str) -> None:
    (job,) = plan(recipe((key, {"epochs": 7})), SSD)
    assert (job.label, [step.technique for step in job.steps], job.alongside, job.epochs) == ("compress", [key], (), 7)


def test_that_architecture_and_data_share_the_training_of_pruning_and_only_data_acts_on_in_the_next() -> None:
    first, second = plan(
        recipe(
            ("quant_aware", {"epochs": 2}),
            ("auto_augment", {"epochs": 3}),
            ("filter_prune", {"epochs": 9}),
            ("backbone_swap", {"epochs": 4}),
        ),
        SSD,
    )
    assert [step.technique for step in first.steps] == ["backbone_swap", "auto_augment", "filter_prune"]
    assert (first.epochs, second.epochs) == (9, 2)
    assert [step.technique for step in second.alongside] == ["auto_augment"]


def test_that_what_no_earlier_job_records_is_recorded_by_the_one_that_quantises() -> None:
    (job,) = plan(recipe(("quant_aware", {"epochs": 2}), ("lr_schedule", {}), ("backbone_lr", {"epochs": 0})), SSD)
    assert [step.technique for step in job.steps] == ["lr_schedule", "backbone_lr", "quant_aware"]
    assert (job.label, job.alongside, job.epochs, job.rate_factor) == ("quant_aware", (), 2, 0.01)
