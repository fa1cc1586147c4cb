"""What `sensitivity` says to a target: what the proposal leaves and costs, or why there is none and what would help."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import main
from engine.contract.project import ProjectFolder
from engine.contract.run.folder import checkpoint_of
from engine.contract.sensitivity import GroupLosses, SensitivityFolder, digest_of
from tests.end_to_end.conftest import Session, Trained

GROUPS = {"backbone.conv14.pointwise_conv.conv": 256, "backbone.conv14.normal_conv.conv": 512}


def know(project: Path, run: str) -> None:
    """Losses of two groups as if they had been measured: 4 points for half of the channels."""
    folder = ProjectFolder(project).run(run)
    kept = SensitivityFolder.of(folder, "obs", "val", 4, digest_of(checkpoint_of(folder)))
    for name, channels in GROUPS.items():
        kept.write(GroupLosses(group=name, channels=channels, base=50, split="val", pictures=4, losses={0.5: 4.0}))


def test_that_a_proposal_tells_what_it_leaves_and_a_refusal_its_reason(
    run: Session, trained: Trained, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, project, base = trained
    know(project, base["run"])
    words = ["sensitivity", str(project), base["run"], "--known"]
    told = run(*words, "--macs", "0.95")
    left, unmeasured = told["left"], told["unmeasured"]
    assert left["macs"] <= 0.95 and unmeasured > 30

    def said(*more: str, status: int = 2) -> str:
        assert main([*words, *more]) == status
        printed = capsys.readouterr()
        return printed.out if status == 0 else printed.err

    lines = said("--macs", "0.95", status=0)
    assert f"Leaves {100 * left['macs']:.1f} % of the MACs" in lines
    assert f"about {100 * left['size']:.1f} % of the fp32 file's size" in lines
    assert f"{left['points']:.1f} points" in lines and f"{unmeasured} groups were not measured" in lines

    few = said("--macs", "0.95", "--points", "0.1")
    assert "--macs 0.95 is out of reach within --points 0.1" in few and "deepest" not in few
    assert "leave 100.0 %" in few and "allow more points" in few and f"are {unmeasured} of them" in few
    deep = said("--macs", "0.1")
    assert "even the deepest cuts" in deep and "points" not in deep and f"are {unmeasured} of them" in deep
    assert run(*words, "--macs", "0.95", "--points", "50")["proposal"] == told["proposal"]


def test_that_layers_above_a_limit_are_marked(
    run: Session, trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    _, project, base = trained
    words = ["sensitivity", str(project), base["run"], "--int8", "--pictures", "2"]
    layers = run(*words)["layers"]
    limit = (layers[1]["error"] + layers[2]["error"]) / 2
    assert main([*words, "--above", str(limit)]) == 0
    out = capsys.readouterr().out
    assert [layer["layer"] in line for layer, line in zip(layers, out.splitlines()[1:4], strict=False)] == [True] * 3
    assert [line.endswith("yes") for line in out.splitlines()[1:4]] == [True, True, False]
    assert f": 2 of {len(layers)}; -o FILE" in out


def test_that_saliency_is_found_once_and_its_recipe_is_counted_as_it_was_told(
    run: Session, trained: Trained, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, project, base = trained
    recipe = tmp_path / "mine.json"
    words = ["sensitivity", str(project), base["run"], "--saliency", "--pictures", "2", "--macs", "0.7"]
    assert main([*words, "--known"]) == 2 and "leave --known out" in capsys.readouterr().err
    told = run(*words, "-o", recipe)
    assert told["pictures"] == 2 and told["left"]["macs"] <= 0.7 and told["params"]["align"] == 8
    assert sum(group["share"] for group in told["groups"].values()) == pytest.approx(1)
    assert run(*words, "--known")["proposal"] == told["proposal"]
    planned = run("preview", project, recipe, "--from", base["run"])
    assert {f["name"]: f["value"] for f in told["figures"]}["conv_macs"] in [f["value"] for f in planned["figures"]]
    assert main([*words, "--known"]) == 0
    lines = capsys.readouterr().out
    assert "of all saliency" in lines and "2 training pictures" in lines and "That is no mAP" in lines
