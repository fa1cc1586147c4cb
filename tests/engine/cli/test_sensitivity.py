"""What `sensitivity` refuses before it looks at a project, and how it writes a loss."""

from __future__ import annotations

import pytest

from engine.cli import main
from engine.cli.verbs.sensitivity import _points
from engine.contract.sensitivity import GroupLosses


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--ms", "5"], "add --phone"),
        (["--phone", "SD855"], "--ms is, which is missing"),
        (["--int8", "--ms", "5", "--phone", "SD855"], "--ms, --phone"),
        (["--ms", "nan", "--phone", "SD855"], "no number of milliseconds"),
        (["-o", "recipe.json"], "--ms"),
        (["--saliency", "--points", "3"], "points of mAP, which saliency does not tell"),
        (["--saliency", "--ratios", "0.5", "--split", "train"], "no use of --ratios, --split"),
        (["--saliency", "-o", "recipe.json"], "--ms"),
        (["--align", "4"], "add --saliency"),
        (["--int8", "--saliency", "--align", "4"], "--saliency, --align"),
    ],
)
def test_that_a_time_goes_with_a_phone(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert main(["sensitivity", "nowhere", "1", *words]) == 2
    except SystemExit as end:
        assert end.code == 2
    assert said in capsys.readouterr().err


def test_that_a_loss_has_its_sign_and_noise_its_brackets() -> None:
    losses = GroupLosses(
        group="g", channels=8, base=50, split="val", pictures=20,
        losses={0.25: -0.31, 0.5: 3.0, 0.75: 0.02, 0.875: 9.0}, spreads={0.25: 0.4, 0.5: 0.4, 0.75: 0.4},
    )  # fmt: skip
    assert [_points(losses, ratio) for ratio in (0.25, 0.5, 0.75, 0.875, 0.1)] == [
        "(+0.3)",
        "-3.0",
        "(0.0)",
        "-9.0",
        None,
    ]
