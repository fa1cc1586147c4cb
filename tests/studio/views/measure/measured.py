"""What is kept beside a run, written by hand, and the dialogs opened on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytestqt.qtbot import QtBot

from engine.contract.recipe import Step
from engine.contract.run.events import Hello
from engine.contract.sensitivity import GroupLosses, LayerError, LayerErrors, SensitivityFolder, digest_of
from studio.views.measure.channels import ChannelsDialog
from studio.views.measure.int8 import Int8Dialog
from studio.views.recipe.page import RecipePage

VAL = 2
STEPS = (Step(technique="filter_prune", params={"criterion": "obs"}), Step(technique="quant_aware"))
HELLO = Hello(pid=1, versions={}, device="CPU")
LOSSES = {"backbone.conv10.conv": {0.25: 0.5, 0.5: 2.0}, "backbone.conv2.conv": {0.25: 3.0, 0.5: 9.0}}
ERRORS = {"head.dw": 0.2, "backbone.conv2.conv": 0.03, "backbone.conv10.conv": 0.001}


def keep_losses(run: Path, pictures: int = VAL, spread: float | None = 0.4) -> SensitivityFolder:
    digest = digest_of(run / "checkpoints" / "best.safetensors")
    folder = SensitivityFolder.of(run, "obs", "val", pictures, digest)
    for name, losses in LOSSES.items():
        spreads: dict[float, float | None] = dict.fromkeys(losses, spread)
        told = GroupLosses(group=name, channels=16, base=50.0, split="val", pictures=pictures, losses=losses)
        folder.write(told.model_copy(update={"spreads": spreads}) if spread is not None else told)
    return folder


def keep_errors(run: Path, pictures: int) -> None:
    file = LayerErrors.file(run, pictures, digest_of(run / "checkpoints" / "best.safetensors"))
    layers = [LayerError(layer=name, shape=(8, 1, 3, 3), groups=8, error=error) for name, error in ERRORS.items()]
    file.parent.mkdir(exist_ok=True)
    file.write_text(LayerErrors(pictures=pictures, layers=tuple(layers)).model_dump_json())


def open_channels(page: RecipePage, qtbot: QtBot) -> ChannelsDialog:
    page.stack.cards[0].form.rows["ratios"].measure.click()
    (dialog,) = page.findChildren(ChannelsDialog)
    qtbot.waitExposed(dialog)
    return dialog


def open_int8(page: RecipePage, qtbot: QtBot) -> Int8Dialog:
    page.stack.cards[1].form.rows["keep_float"].measure.click()
    (dialog,) = page.findChildren(Int8Dialog)
    qtbot.waitExposed(dialog)
    return dialog


def shown(dialog: ChannelsDialog | Int8Dialog) -> list[list[Any]]:
    model = dialog.table
    return [
        [model.index(row, column).data() for column in range(model.columnCount())] for row in range(len(model.names))
    ]
