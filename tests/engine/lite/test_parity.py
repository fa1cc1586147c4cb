"""How far a converted file may stray, and that an export which strays further fails in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.contract.project import DetectorChoice
from engine.contract.text.messages import JobFailed
from engine.detector.base.spec import detector_specs
from engine.detector.network import program as saving
from engine.detector.predict.pictures import to_inputs
from engine.lite.parity import BOUNDS, Parity, match, require_parity
from engine.model.assembly import Model, assemble
from engine.model.export import export_model
from engine.technique.base import Calibration

SIZES = ((48, 64), (300, 200), (640, 480), (97, 1000))
"""Height and width of pictures: small, upright, large, and long."""


def rows(*boxes: tuple[float, ...]) -> Any:
    return np.array(boxes, np.float32).reshape(-1, 6)


@pytest.mark.parametrize(
    ("wanted", "given", "box_px", "unmatched"),
    [
        (rows((0, 0.9, 0, 0, 10, 10)), rows((0, 0.9, 0.5, 0, 10, 10)), 0.5, 0),
        (rows((0, 0.9, 0, 0, 10, 10)), rows((1, 0.9, 0, 0, 10, 10)), 0.0, 2),  # another class
        (rows((0, 0.9, 0, 0, 10, 10)), rows((0, 0.9, 5, 0, 15, 10)), 0.0, 2),  # half a box away is another box
        (rows((0, 0.9, 0, 0, 10, 10)), rows((0, 0.01, 0, 0, 10, 10)), 0.0, 1),  # below the floor
        (rows((0, 0.9, 0, 0, 10, 10), (0, 0.8, 1, 0, 11, 10)), rows((0, 0.8, 1, 0, 11, 10)), 1.0, 1),
        (rows((0, 0.9, 0, 0, 10, 10)), rows((0, 0.1, 0, 0, 10, 10), (0, 0.88, 1, 0, 11, 10)), 1.0, 1),  # the likelier
        (rows(), rows(), 0.0, 0),
    ],
)
def test_who_is_whose_partner(wanted: Any, given: Any, box_px: float, unmatched: int) -> None:
    found = match(wanted, given)
    assert (found.box_px, found.unmatched) == (box_px, unmatched)
    assert found.boxes == sum((side[:, 1] >= 0.05).sum() for side in (wanted, given))


def test_that_what_strays_too_far_is_refused_with_its_figures() -> None:
    near, far = Parity(((0.005, 5e-5),) * 99), Parity(((1.26, 0.0),) * 4)
    require_parity(near, "fp32")
    require_parity(near + far, "int8")
    with pytest.raises(JobFailed, match=r"within 0.01 px .* up to 1.26 px apart"):
        require_parity(near + far, "fp32")
    assert not Parity((), unmatched=10).within(BOUNDS["int8"])
    require_parity(Parity(), "fp32")  # nothing was found on either side


def pictures(config: Any) -> Iterator[Any]:
    chance = np.random.default_rng(0)
    for height, width in SIZES:
        yield to_inputs(chance.integers(0, 256, (height, width, 3), np.uint8), config)


@pytest.fixture(scope="module")
def ssd() -> tuple[Model, Calibration]:
    """An SSDLite with statistics of pictures, so that its scores differ; some of its priors are no whole numbers."""
    import paddle

    paddle.seed(0)
    key = "ssdlite_mobilenet_v3_small"
    model = assemble(DetectorChoice(key=key, size=detector_specs()[key].sizes.min, classes=("a", "b")))
    model.network.train()
    for inputs in pictures(model.config):
        model.network.backbone({"image": paddle.to_tensor(inputs["image"]).tile([2, 1, 1, 1])})
    model.network.eval()
    return model, Calibration(lambda: pictures(model.config), len(SIZES))


def test_that_an_exported_file_finds_what_paddle_finds(ssd: tuple[Model, Calibration], tmp_path: Path) -> None:
    made = export_model(ssd[0], target="x86", precision="fp32", out=tmp_path, pictures=ssd[1].batches())
    figures = {figure.name: figure for figure in made.figures}
    assert figures["parity_box_px"].value <= 0.01 and figures["parity_score"].value <= 1e-4
    subject = figures["parity_box_px"].conditions.subject or ""
    assert subject.endswith("0 without a partner") and not subject.startswith("0 ")


@pytest.mark.parametrize("keep", [False, True])
def test_that_a_file_with_cut_priors_fails_in_words(
    ssd: tuple[Model, Calibration], keep: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lite cuts the sizes of priors to whole numbers; until 2026-11-29 they were left to it, and nothing looked."""
    monkeypatch.setattr(saving, "store_priors", lambda program: 0)
    asked: dict[str, Any] = {"target": "x86", "precision": "fp32", "out": tmp_path, "pictures": ssd[1].batches()}
    if keep:
        figures = {figure.name: figure.value for figure in export_model(ssd[0], keep=True, **asked).figures}
        assert figures["parity_box_px"] > 0.1 and (tmp_path / "model.nb").is_file()
        return
    with pytest.raises(JobFailed, match="does not find what Paddle finds"):
        export_model(ssd[0], **asked)
    assert not list(tmp_path.iterdir())
