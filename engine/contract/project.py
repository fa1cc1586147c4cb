"""A project folder: what is in `project.json`, and where everything else lies (docs/architecture.md)."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from engine.contract.system.files import folder_in, write_atomically
from engine.contract.text.messages import UserError
from engine.contract.text.reasons import at_place

SCHEMA = 1
AGAIN = "~"
"""Before the number of a run in the trash whose name an older one there has."""
SLUG_BYTES = 100
"""How much of a name goes into a file's: a file system takes 255 bytes, and others put more before and behind it."""


class DetectorChoice(BaseModel):
    """A base detector made concrete: `size` in pixels (square input), the class names, and fitted anchors.

    `anchors` are (width, height) pairs in whole pixels at `size`, smallest first; None keeps the detector's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    size: int
    classes: tuple[str, ...]
    anchors: tuple[tuple[int, int], ...] | None = None


class Project(BaseModel):
    """The content of `project.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = SCHEMA
    name: str
    detector: DetectorChoice


class ProjectFolder:
    """Paths inside a project; opens nothing but `project.json`."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.file = self.root / "project.json"
        self.index = self.root / "data" / "index.sqlite"
        self.labels = self.root / "data" / "labels.json"  # corrected in the project (engine/contract/labels.py)
        self.recipes = self.root / "recipes"
        self.working_recipe = self.recipes / ".working.json"  # what the studio edits
        self.runs = self.root / "runs"
        self.trash = self.root / ".trash"
        self.cache = self.root / ".cache"
        self.tasks = self.cache / "tasks"

    def load(self) -> Project:
        """The project; raises UserError when the folder is not one."""
        if not self.file.is_file():
            raise UserError("project.missing", path=str(self.root))
        try:
            return Project.model_validate_json(self.file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise UserError("project.malformed", path=str(self.file), reason=at_place(error)) from error

    def save(self, project: Project) -> None:
        """Write `project.json` whole or not at all. Raises OSError."""
        self.root.mkdir(parents=True, exist_ok=True)
        write_atomically(self.file, project.model_dump_json(indent=2))

    def run(self, name: str) -> Path:
        """The folder of the run called `name`: its full name, its number, or the words after the number.

        Raises UserError, which lists the runs, when there is none.
        """
        names = [path.name for path in sorted(self.runs.glob("[0-9]*")) if path.is_dir()]
        matches = [n for n in names if name in (n, n.split("-", 1)[0], n.split("-", 1)[-1])]
        if not matches and name.isdigit():
            matches = [n for n in names if int(n.split("-", 1)[0]) == int(name)]
        if not matches:
            raise UserError("run.unknown", name=name, path=str(self.runs), known=", ".join(names) or "-")
        return self.runs / matches[-1]

    def thrown_away(self, name: str) -> Path:
        """Where the run of that name goes in the trash; an older one of its name may lie there."""
        folder = folder_in(self.root, self.trash.name)
        names = (name, *(f"{name}{AGAIN}{count}" for count in range(2, 1000)))
        return next(folder / free for free in names if not (folder / free).exists())

    def taken_out(self, name: str) -> Path:
        """Where what is called `name` in the trash goes: its old place, or the next number if another run has its."""
        name = name.partition(AGAIN)[0]
        if any(self.runs.glob(f"{name[:4]}-*")):
            name = f"{self._next_number():04d}{name[4:]}"
        return folder_in(self.root, self.runs.name) / name

    def _next_number(self) -> int:
        places = (self.runs, self.trash)
        return 1 + max((int(p.name[:4]) for folder in places for p in folder.glob("[0-9][0-9][0-9][0-9]-*")), default=0)

    def _below(self, *names: str) -> Path:
        """A folder of the project, made if it is missing; only `save` makes the project's own."""
        if not self.root.is_dir():
            raise UserError("project.gone", path=str(self.root))
        return folder_in(self.root, *names)

    def new_task(self, label: str) -> Path:
        """A folder for work that is no run of the tree: an evaluation, an export, a recipe.

        Raises UserError where the project is not there any more, or OSError.
        """
        return Path(tempfile.mkdtemp(prefix=f"{label}-", dir=self._below(".cache", "tasks")))

    def new_run(self, *labels: str, job: str | None = None) -> Path:
        """Make the next numbered run folder; mkdir is exclusive, so two processes never share a number.

        With the text of its `job.json`, if that is given, from the first moment that it can be seen. Raises UserError
        where the project is not there any more, or OSError. A number in the trash is not taken again.
        """
        self._below("runs")
        words = "-".join(filter(None, (slug(label.replace("_", "-")) for label in labels))) or "run"
        number = self._next_number()
        while True:
            if not any(self.runs.glob(f"{number:04d}-*")):
                claim = self.runs / f".{number:04d}"
                try:
                    claim.mkdir()
                except FileExistsError:
                    number += 1
                    continue
                folder = self.runs / f"{number:04d}-{words}"
                try:
                    if job is not None:
                        write_atomically(claim / "job.json", job)
                    claim.rename(folder)
                except OSError:
                    shutil.rmtree(claim, ignore_errors=True)
                    raise
                return folder
            number += 1


def slug(name: str) -> str:
    """A name as part of a file name, "" if nothing of it can be: letters of all languages stay, but not endlessly."""
    words = re.sub(r"[^\w]+", "-", name.lower()).strip("-_")
    return words.encode()[:SLUG_BYTES].decode(errors="ignore").rstrip("-_")
