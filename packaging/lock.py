"""Writes the hashes into the locks: run `make lock` after changing or adding a line by hand.

A line is `name==version`, with or without its hash. The versions are taken as they stand; pip tells the hash
of the file that it would install here, and what each package requires, which the lock must hold.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import tomli
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).resolve().parent
LOCK = FOLDER / "requirements.lock"
UV_LOCK = FOLDER / "uv.lock"
GPU_LOCK = FOLDER / "gpu.lock"
FLEET_LOCK = FOLDER / "fleet.lock"
PYPROJECT = FOLDER.parent / "pyproject.toml"


def pins(lock: Path) -> list[str]:
    """The `name==version` parts of a lock's lines."""
    return [line.split()[0] for line in lock.read_text(encoding="utf-8").splitlines() if line.strip()]


def report(wanted: list[str]) -> list[dict[str, Any]]:
    """What pip would install for `wanted`, with metadata and the file's hash. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "report.json"
        options = ["--quiet", "--dry-run", "--ignore-installed", "--no-deps", "--only-binary=:all:"]
        command = [sys.executable, "-m", "pip", "install", *options, "--report", str(output), *wanted]
        subprocess.run(command, check=True)
        packages: list[dict[str, Any]] = json.loads(output.read_text(encoding="utf-8"))["install"]
    return packages


def line(package: dict[str, Any]) -> str:
    """One line of the lock."""
    metadata = package["metadata"]
    digest = package["download_info"]["archive_info"]["hashes"]["sha256"]
    return f"{canonicalize_name(metadata['name'])}=={metadata['version']} --hash=sha256:{digest}"


def gaps(packages: list[dict[str, Any]], extras: tuple[str, ...] = ()) -> list[str]:
    """What the packages and the project require and the lock lacks or has in a version that does not fit.

    With `extras` what the project asks for under those names as well.
    """
    project = tomli.loads(PYPROJECT.read_text(encoding="utf-8"))
    overrides = {canonicalize_name(Requirement(text).name) for text in project["tool"]["uv"]["override-dependencies"]}
    metadata = [package["metadata"] for package in packages]
    locked = {canonicalize_name(each["name"]): each["version"] for each in metadata}
    asked = [("espalier", text) for text in project["project"]["dependencies"]]
    asked += [("espalier", text) for text in project["dependency-groups"]["dev"]]
    for extra in extras:
        asked += [("espalier", text) for text in project["project"]["optional-dependencies"][extra]]
    asked += [(each["name"], text) for each in metadata for text in each.get("requires_dist", [])]
    found: list[str] = []
    for owner, text in asked:
        need = Requirement(text)
        name = canonicalize_name(need.name)
        if need.marker and not need.marker.evaluate({"extra": ""}):
            continue
        if owner != "espalier" and name in overrides:
            continue
        if name not in locked or not need.specifier.contains(locked[name], prereleases=True):
            found.append(f"{owner} requires {text}; locked: {locked.get(name, 'nothing')}")
    return found


def main() -> int:
    """Write all locks anew; returns 1 and leaves them as they are if something required is missing."""
    packages, fleet = report(pins(LOCK)), report(pins(FLEET_LOCK))
    missing = gaps(packages) or gaps([*packages, *fleet], ("fleet",))
    for text in missing:
        print(text, file=sys.stderr)
    if missing:
        return 1
    others = [(lock, report(pins(lock))) for lock in (UV_LOCK, GPU_LOCK)]
    for lock, installed in ((LOCK, packages), (FLEET_LOCK, fleet), *others):
        lock.write_text("".join(sorted(line(package) + "\n" for package in installed)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
