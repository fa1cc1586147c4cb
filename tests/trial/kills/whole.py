"""What must hold of a project whatever happened to it: it opens, its files are whole, nothing half-made lies about."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections import Counter
from pathlib import Path

from safetensors import SafetensorError, safe_open

from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder
from engine.contract.run.tail import EventTail
from engine.contract.system.locks import is_locked
from engine.contract.text.messages import UserError

_HALF = re.compile(r"^\.(\d{4}|tmp\w{6}|.+\.[A-Za-z0-9_]+|(opt|program|saving)-.+)$")
"""A number that was claimed for a run, or a file under the temporary name of its writer."""
_OURS = (".working.json", ".sync.lock", ".labels.lock")


def broken_files(project: Path) -> list[str]:
    """Files that are not whole, each with what is wrong with it."""
    found = []
    for path in sorted(project.rglob("*")):
        if not path.is_file() or path.name.startswith("."):
            continue
        try:
            _read(path)
        except (OSError, ValueError, UserError, SafetensorError, sqlite3.Error) as error:
            found.append(f"{path.relative_to(project)}: {str(error)[:200]}")
    return found


def _read(path: Path) -> None:
    if path.suffix == ".json":
        json.loads(path.read_text(encoding="utf-8"))
    elif path.suffix == ".safetensors":
        with safe_open(path, "numpy") as stream:
            list(stream.keys())
    elif path.suffix == ".sqlite":
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        try:
            told = connection.execute("PRAGMA integrity_check").fetchone()
        finally:
            connection.close()
        if told != ("ok",):
            raise ValueError(str(told))
    elif path.name == "events.jsonl":
        EventTail(path).read()


def half_files(project: Path) -> list[str]:
    """What lies about under a temporary name, but for the cache, and runs without a job."""
    paths = (path for path in project.rglob(".*") if ".cache" not in path.relative_to(project).parts)
    found = [path for path in paths if _HALF.match(path.name) and path.name not in _OURS]
    runs = [run for run in (project / "runs").glob("[0-9]*") if not (run / "job.json").is_file()]
    return [str(path.relative_to(project)) for path in sorted([*found, *runs])]


def numbers_twice(project: Path) -> list[str]:
    """Numbers that more than one run has."""
    counts = Counter(run.name[:4] for run in (project / "runs").glob("[0-9]*"))
    return [number for number, count in counts.items() if count > 1]


def locked_folders(project: Path) -> list[RunFolder]:
    """Runs and tasks that somebody works on."""
    folder = ProjectFolder(project)
    found = [*folder.runs.glob("[0-9]*"), *folder.tasks.glob("*")]
    return [RunFolder(path) for path in found if path.is_dir() and is_locked(path / "lock")]


def weights(run: Path) -> dict[str, str]:
    """A sum over the tensors of each checkpoint, behind the header that tells when it was written."""
    found = {}
    for file in sorted((run / "checkpoints").glob("*.safetensors")):
        data = file.read_bytes()
        found[file.name] = hashlib.sha256(data[8 + int.from_bytes(data[:8], "little") :]).hexdigest()[:16]
    return found
