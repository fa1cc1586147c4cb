"""What the studio remembers between two starts, in `$XDG_CONFIG_HOME/espalier/settings.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.run.job import Precision, Target
from engine.contract.system.folders import config_folder
from engine.contract.text.messages import Language
from studio.workers.writing import write_whole

RECENT = 12
_SAVE_AFTER_MS = 400


class Settings(BaseModel):
    """Every setting with its default. `geometry` and `docks` are Qt's own states in base64."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    language: Language | None = Field(default=None, description="None: as the system")
    theme: Literal["light", "dark", "system"] = "system"
    recent: tuple[str, ...] = Field(default=(), description="Folders of projects, latest first")
    geometry: str = ""
    docks: str = ""
    jobs: bool = Field(default=True, description="Whether the dock below is wanted")
    inspector: bool = Field(default=True, description="Whether the dock on the right is wanted")
    jobs_small: bool = Field(default=False, description="The same of the dock below, in a low window")
    inspector_small: bool = Field(default=False, description="The same of the dock on the right, in a narrow window")
    expert: bool = False
    last_page: str = "data"
    last_project: str = ""
    target: Target = "arm"
    precision: Precision = "fp32"
    export_out: str = ""
    compare_a: str = Field(default="", description="Name of the run on side A")
    compare_b: str = Field(default="", description="Name of the run on side B")
    notify: bool = Field(default=True, description="Whether the desktop is told that long work has ended")
    quit_with_work: Literal["ask", "keep", "stop"] = "ask"
    stopped: tuple[int, ...] = Field(default=(), description="Entries of the queue that quitting has stopped")
    pages: dict[str, Any] = Field(default={}, description="What a page remembers, by a key of its own")


class SettingsStore(QObject):
    """The settings now; a bad file never blocks the start."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = settings_file()
        self.value = read_settings(self.path)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_SAVE_AFTER_MS)
        self._later.timeout.connect(self.save)

    def update(self, **fields: Any) -> None:
        """Set fields, and save soon; raises pydantic.ValidationError on a bad value."""
        value = Settings.model_validate(self.value.model_dump() | fields)
        if value != self.value:
            self.value = value
            self._later.start()
            self.changed.emit()

    def remember(self, project: Path) -> None:
        """Put a project first among the recent ones."""
        others = [path for path in self.value.recent if path != str(project)]
        self.update(recent=(str(project), *others)[:RECENT], last_project=str(project))

    def forget(self, project: str) -> None:
        """Take a project out of the recent ones; its folder stays."""
        self.update(recent=tuple(path for path in self.value.recent if path != project))

    def save(self) -> None:
        """Write the file; a full or read-only disk is no reason to stop."""
        self._later.stop()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, self.value.model_dump_json(indent=2))
        except OSError:
            return


def settings_file() -> Path:
    """Where the settings are kept."""
    return config_folder() / "settings.json"


def read_settings(path: Path) -> Settings:
    """The settings in a file; bad fields are dropped one by one."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return Settings()
    if not isinstance(found, dict):
        return Settings()
    while True:
        try:
            return Settings.model_validate(found)
        except ValidationError as error:
            bad = {str(item["loc"][0]) for item in error.errors() if item["loc"]} & found.keys()
            if not bad:
                return Settings()
            found = {name: value for name, value in found.items() if name not in bad}
