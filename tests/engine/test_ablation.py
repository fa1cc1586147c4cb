"""The ablation: its arithmetic, and that it goes on where it was."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from engine.contract.run.folder import RunFolder
from engine.contract.text.resources import RECIPES
from tests.benchmarks.ablation import PLAN, Ablation, main
from tests.benchmarks.ablation_report import Measured, markdown, noise, rows, verdict

STEPS: list[dict[str, Any]] = [{"technique": "lr_schedule", "params": {"kind": "piecewise"}}]
ARMS: list[dict[str, Any]] = [
    {"name": "control", "epochs": 1, "steps": STEPS},
    {"name": "cosine", "epochs": 1, "steps": [], "control": "control", "published": 0.8},
]
TINY: dict[str, Any] = {
    "detector": "ssdlite_mobilenet_v3_small",
    "size": 96,
    "settings": {"batch_size": 4, "learning_rate": 0.001},
    "arms": ARMS,
    "untestable": [{"name": "SSLD", "published": 1.1}],
}


def test_difference_is_of_the_same_seed() -> None:
    """A seed whose control did not run counts in the mean of its arm, not in the difference."""
    runs = [Measured("control", 0, 30, 60), Measured("control", 1, 40, 70)]
    runs += [Measured("cosine", 1, 46, 72), Measured("cosine", 2, 50, 80)]
    control, cosine, ssld = rows(TINY, runs)
    assert (control["verdict"], control["difference"]) == ("a control", None)
    assert (cosine["map"], cosine["map50"], cosine["difference"]) == (48, 76, 6)
    assert cosine["verdict"] == "appeared"
    assert ssld["verdict"] == "not testable here"
    assert (
        "| cosine | ssdlite_mobilenet_v3_small | 96 | 1 | 1, 2 | 48.0 | 76.0 | control | +6.0 | +0.8 | appeared |"
        in (markdown([cosine]))
    )


def test_arms_that_did_not_run_are_missing() -> None:
    """Nothing is said of an arm without a run, nor of one without its control."""
    assert [row["verdict"] for row in rows(TINY, [])][:2] == ["missing: not run"] * 2
    assert rows(TINY, [Measured("cosine", 0, 30, 60)])[1]["verdict"] == "missing: no control"


@pytest.mark.parametrize(
    ("pairs", "published", "level", "said"),
    [
        ([5.5], 0.8, 40, "appeared"),
        ([-5.5], 0.8, 40, "did not appear"),
        ([-5.5], -0.4, 40, "appeared"),
        ([1.5], 0.8, 40, "within noise"),
        ([1.0, 1.2, 1.1], 0.8, 40, "appeared"),
        ([3.0, -2.0, 1.0], 0.8, 40, "within noise"),
        ([5.0], 0.8, 3, "trained too little to say"),
    ],
)
def test_verdict(pairs: list[float], published: float, level: float, said: str) -> None:
    """A difference counts when it is beyond the noise, on the side that was published, from a trained control."""
    assert verdict(pairs, published, level, noise(pairs, [pairs])) == said


def test_noise_of_three_seeds_is_half_of_their_95_percent_interval() -> None:
    """1, 2 and 3 have a standard deviation of 1; Student's t with two degrees of freedom is 4.303."""
    assert noise([1.0, 2.0, 3.0], [[1.0, 2.0, 3.0]]) == pytest.approx(4.303 / 3**0.5, abs=1e-3)
    pooled = [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [5.0]]
    assert noise(pooled[0], pooled) == pytest.approx(2.776 * 0.5**0.5 / 3**0.5, abs=1e-3)
    assert noise(pooled[2], pooled) == 5.0
    runs = [
        Measured(arm, seed, value + 10 * (arm == "cosine"), 60)
        for arm in ("control", "cosine")
        for seed, value in enumerate((20, 30, 41))
    ]
    assert "| +10.0 ± 0.0 |" in markdown(rows(TINY, runs))


def test_plan_compares_arms_that_differ_in_one_thing() -> None:
    """Every control has its arm's start, length and rate, and one other technique."""
    from engine.recipe.registry import make

    for name, plan in json.loads(PLAN.read_text(encoding="utf-8")).items():
        ablation = Ablation(name, plan, Namespace(work=RECIPES))
        for arm in ablation.arms.values():
            steps = ablation.steps(arm)
            assert all(make(step).key == step.technique for step in steps)
            if "control" in arm:
                control = ablation.arms[arm["control"]]
                assert arm["epochs"] == control["epochs"]
                assert [arm.get(k) for k in ("start", "rate")] == [control.get(k) for k in ("start", "rate")]
                one = {step.technique: step.params for step in steps}
                other = {step.technique: step.params for step in ablation.steps(control)}
                assert sum(one.get(key) != other.get(key) for key in one.keys() | other.keys()) == 1


def test_goes_on_where_it_was(tmp_path: Path) -> None:
    """Nothing runs without time; what is finished is left alone; a run that has only its job is taken up."""
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"tiny": TINY}), encoding="utf-8")
    words = ["sample", str(tmp_path), "--plan", str(plan), "--limit", "4", "--minutes"]
    runs = tmp_path / "tiny" / "runs"
    main([*words, "0"])
    assert not runs.exists()
    plan.write_text(json.dumps({"tiny": {**TINY, "arms": ARMS[:1]}}), encoding="utf-8")
    main([*words, "5"])
    first = RunFolder(runs / "0001-control-seed0")
    done = first.result.stat().st_mtime_ns
    cut = RunFolder(runs / "0002-cosine-seed0")
    cut.root.mkdir()
    job = json.loads(first.job.read_text(encoding="utf-8"))
    cut.job.write_text(json.dumps({**job, "steps": []}), encoding="utf-8")
    plan.write_text(json.dumps({"tiny": TINY}), encoding="utf-8")
    main([*words, "5"])
    assert first.result.stat().st_mtime_ns == done
    assert cut.status() == "finished"
    assert [path.name for path in sorted(runs.iterdir())] == [first.root.name, cut.root.name]
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [row["seeds"] for row in report] == [[0], [0], []]
