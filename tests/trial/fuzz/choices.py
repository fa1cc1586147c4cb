"""What the studio keeps of a person's choices, broken; read without a window, in a process without Paddle."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fakes.datasets import put

if TYPE_CHECKING:
    from tests.trial.fuzz.readers import Reader


def choice_readers() -> list[Reader]:
    """A project's `studio.json` and the person's `settings.json`."""
    from tests.trial.fuzz.readers import Reader

    return [Reader("studio.json", _prepare, lambda folder: list(folder.glob("*.json")), _read)]


def _prepare(folder: Path) -> None:
    from studio.stores.project import Choices
    from studio.stores.settings import Settings

    for name, filled in (("studio.json", Choices()), ("settings.json", Settings())):
        put(folder / name, json.dumps(filled.model_dump(mode="json")))


def _read(folder: Path, chance: random.Random) -> None:
    from engine.contract.project import ProjectFolder
    from studio.stores.project import _read_choices
    from studio.stores.settings import read_settings

    _read_choices(ProjectFolder(folder)).model_dump_json()
    read_settings(folder / "settings.json").model_dump_json()
