"""Makes `.venv`: finds a Python 3.10 that runs, installs the lock and the project. A no-op when all is there.

Runs on any python3 from 3.8 on, on the standard library alone. `.venv/stamp` holds the hash of all that went
in and is written last; `.venv/unfinished` stands during an installation: one broken off is made anew. What pip and
others say goes to `.setup.log`, which is named when they fail. `--wheel gpu` puts in the Paddle for NVIDIA's GPUs and
`--wheel cpu` the other again, `--fleet yes` what a fleet needs and `no` takes it out; else the last choice stays.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import platform
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import fleet
from commands import TALK, answer, last_error, run
from packages import Packages
from stages import Stages
from wheels import NAMES, in_the_way, locked, remember, remembered

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
DISCARDED = ROOT / ".venv.old"
STAMP = VENV / "stamp"
UNFINISHED = VENV / "unfinished"
LOCK = ROOT / "packaging" / "requirements.lock"
UV_LOCK = ROOT / "packaging" / "uv.lock"
GPU_LOCK = ROOT / "packaging" / "gpu.lock"
FLEET_LOCK = ROOT / "packaging" / "fleet.lock"
INPUTS = (LOCK, UV_LOCK, GPU_LOCK, FLEET_LOCK, ROOT / "packaging" / "bootstrap.py", ROOT / "pyproject.toml")
VERSION = "3.10"
PROBE = (
    "import ctypes, ensurepip, os, sqlite3, ssl, sys, venv, zlib\n"
    "print('%d.%d' % sys.version_info[:2], os.path.realpath(sys.executable))"  # never a virtual environment's
)
PIP_REMOVE = ("-I", "-m", "pip", "uninstall", "--yes", "--disable-pip-version-check")
PIP_INSTALL = ("-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--no-deps")
# Compiled in one go afterwards, on all cores.
LOCKED = ("--progress-bar=off", "--only-binary=:all:", "--require-hashes", "--no-compile")
SIZES_GB = {"cpu": 2, "gpu": 4}
STAGES = Stages(4)


class SetupError(Exception):
    """The environment cannot be made; the text says why and what to do."""


def say(text: str) -> None:
    """Print one line at once."""
    STAGES.leave()
    print(f"set-up: {text}", flush=True)


def failure(what: str) -> SetupError:
    """What to say of a command that failed: its last error and where all its talk is."""
    return SetupError(f"{what}{last_error()}. All that was said is in {TALK}; mend that and run make again.")


def pyenv_roots(folders: list[Path]) -> Iterator[Path]:
    """Every place where pyenv may keep its versions; `folders` are those of PATH."""
    if os.environ.get("PYENV_ROOT"):
        yield Path(os.environ["PYENV_ROOT"])
    yield Path.home() / ".pyenv"
    yield Path(pwd.getpwuid(os.getuid()).pw_dir) / ".pyenv"  # HOME may have been set to somewhere else
    for folder in folders:
        if folder.name == "shims":
            yield folder.parent
        if (folder / "pyenv").exists():
            yield (folder / "pyenv").resolve().parents[1]
    if len(Path(sys.executable).resolve().parents) > 3:
        running = Path(sys.executable).resolve().parents[2]
        if running.name == "versions":
            yield running.parent


def candidates() -> Iterator[Path]:
    """Every executable that could be the wanted Python, likely ones first."""
    folders = [Path(part) for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if part]
    for folder in folders:
        yield folder / f"python{VERSION}"
    yield Path(sys.executable)
    for folder in folders:
        yield folder / "python3"
    for root in pyenv_roots(folders):
        for version in sorted((root / "versions").glob(f"{VERSION}*"), reverse=True):
            yield version / "bin" / "python3"


def usable(candidate: Path) -> Path | None:
    """The interpreter behind `candidate` if it is the wanted version and has what we need, else nothing."""
    version, _, path = answer(candidate, "-I", "-c", PROBE).partition(" ")
    return Path(path) if version == VERSION and path else None


def fetch_uv(folder: Path) -> Path | None:
    """The `uv` of the person, else a locked one put into `folder`, else nothing."""
    present = shutil.which("uv")
    if present:
        return Path(present)
    STAGES.show(0, 1, "fetching uv, which can fetch Python")
    python = folder / "bin" / "python"
    if run(sys.executable, "-I", "-m", "venv", folder):
        return None
    if run(python, *PIP_INSTALL, "--quiet", *LOCKED, "-r", UV_LOCK):
        return None
    return folder / "bin" / "uv"


def python_from_uv() -> Path | None:
    """A Python that uv knows of, or fetches into `.python`; nothing if uv or the Python cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        uv = fetch_uv(Path(folder))
        if uv is None:
            return None
        ours = {
            "UV_PYTHON_INSTALL_DIR": str(ROOT / ".python"),
            "UV_PYTHON_INSTALL_BIN": "0",
            "UV_PYTHON_PREFERENCE": "only-managed",
        }
        found = uv_finds(uv, {}) or uv_finds(uv, ours)
        if found is None:
            STAGES.show(0, 1, f"fetching Python {VERSION} with uv")
            run(uv, "python", "install", VERSION, settings=ours)
            found = uv_finds(uv, ours)
        return found


def uv_finds(uv: Path, settings: dict[str, str]) -> Path | None:
    """The wanted Python as `uv` finds it with `settings` in its environment, if it runs."""
    found = answer(uv, "python", "find", "--no-project", VERSION, settings=settings)
    return usable(Path(found)) if found else None


def find_python() -> Path:
    """A Python of the wanted version that really runs. Raises `SetupError` if there is none to be had."""
    tried = set()
    for candidate in candidates():
        if candidate in tried or not candidate.exists():
            continue
        tried.add(candidate)
        found = usable(candidate)
        if found:
            return found
    found = python_from_uv()
    if found:
        return found
    raise SetupError(
        f"no Python {VERSION} that runs was found ({len(tried)} were tried) and none could be fetched. "
        f"Install one, for instance with `pyenv install {VERSION}` or from your distribution's packages "
        f"python{VERSION} and python{VERSION}-venv, and run make again."
    )


def fingerprint(wheel: str = "", many: str = "") -> str:
    """The hash of all that the environment is made from and of its place, which its scripts hold."""
    digest = hashlib.sha256(f"{ROOT} {wheel or remembered(VENV)} {many or fleet.remembered(VENV)}".encode())
    for path in INPUTS:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def ready(wheel: str = "", many: str = "") -> bool:
    """Whether the environment is complete and made from what is here now."""
    return STAMP.is_file() and STAMP.read_text() == fingerprint(wheel, many) and (VENV / "bin" / "python").exists()


def clear_the_way(python: Path) -> None:
    """Keep a `.venv` that is whole; replace one that was broken off or moved, or whose Python is gone."""
    script = VENV / "bin" / "pip"
    in_place = script.is_file() and str(VENV).encode() in script.read_bytes()[:300]
    if in_place and usable(VENV / "bin" / "python") and not UNFINISHED.exists():
        UNFINISHED.touch()
        return
    if VENV.exists():
        STAGES.show(0, 1, "removing a .venv that is not whole")
        # Out of the way in one move: half a removal could leave what looks whole.
        remove(DISCARDED)
        VENV.rename(DISCARDED)
    remove(DISCARDED)
    VENV.mkdir()
    UNFINISHED.touch()
    STAGES.show(0, 1, f"making .venv with {python}")
    if run(python, "-I", "-m", "venv", VENV):
        raise failure(f"{python} could not make {VENV}")


def remove(folder: Path) -> None:
    """Remove `folder` with all in it, if it is there; of a link only the link."""
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def install(held: int) -> None:
    """Install the lock as a whole, then the project itself. Raises `SetupError`.

    `held` is the set-up lock, open: pip holds on to it, so that nobody starts beside a pip that outlived us.
    """
    python, wheel = VENV / "bin" / "python", remembered(VENV)
    many = fleet.remembered(VENV)
    unwanted = in_the_way(VENV, wheel) + fleet.not_wanted(VENV, FLEET_LOCK, many)
    if unwanted and run(python, *PIP_REMOVE, *unwanted, keep=held):
        raise failure(f"pip could not take out {' and '.join(unwanted)}")
    pip, lock = (python, *PIP_INSTALL), fleet.locked(locked(LOCK, GPU_LOCK, VENV, wheel), FLEET_LOCK, VENV, many)
    packages = Packages(lock, VENV, TALK)
    if run(*pip, *LOCKED, "-r", lock, keep=held, watch=lambda: STAGES.show(*packages.progress())):
        raise failure("pip could not install the packages")
    if run(*pip, "--no-index", "--no-build-isolation", "--editable", ROOT, keep=held):
        raise failure("pip could not install espalier itself")
    STAGES.end(f"{packages.total} packages")


def compile_modules() -> None:
    """Compile every module: where PYTHONDONTWRITEBYTECODE is set, Paddle's would be compiled anew by each worker.

    That takes a worker four seconds. Modules that do not compile are for other versions of Python.
    """
    folders = (VENV / "lib", ROOT / "engine", ROOT / "studio")
    total = sum(1 for folder in folders for _ in folder.rglob("*.py"))
    command = (VENV / "bin" / "python", "-I", "-u", "-m", "compileall", "-j", "0", *folders)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        for done, _ in enumerate((line for line in process.stdout or () if line.startswith(b"Compiling")), 1):
            STAGES.show(done, total, f"{done} of {total}")
    STAGES.end(f"{total} modules")


def prepare(wheel: str = "", many: str = "") -> None:
    """Bring the environment up to date with that of Paddle's wheels, and what a fleet needs if `many` is yes.

    One process at a time. Raises `SetupError`.
    """
    if ready(wheel, many):
        return
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise SetupError(f"the locked packages are for Linux on x86-64 only; this is {platform.platform()}.")
    with (ROOT / ".setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work here; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        wheel, many = wheel or remembered(VENV), many or fleet.remembered(VENV)
        if ready(wheel, many):
            return
        if STAMP.exists():
            STAMP.unlink()
        TALK.write_bytes(b"")
        STAGES.begin("finding Python")
        python = find_python()
        STAGES.end(str(python))
        STAGES.begin("environment")
        clear_the_way(python)
        remember(VENV, wheel)
        fleet.remember(VENV, many)
        STAGES.end(str(VENV))
        STAGES.begin("packages", f"some minutes the first time, about {SIZES_GB[wheel]} GB")
        install(lock.fileno())
        STAGES.begin("compiling")
        compile_modules()
        UNFINISHED.unlink()
        fresh = VENV / "stamp.new"
        fresh.write_text(fingerprint())
        fresh.replace(STAMP)
        say("done")


def main(words: Sequence[str] = ()) -> int:
    """Prepare the environment; returns 0, 1 with a sentence if it cannot be had, 130 if interrupted."""
    parser = argparse.ArgumentParser(description="Make or update .venv.")
    parser.add_argument("--wheel", choices=tuple(NAMES), default="", help="which Paddle; as it was if not given")
    parser.add_argument("--fleet", choices=(fleet.WITH, fleet.WITHOUT), default="", help="with what many runs need")
    args = parser.parse_args(words)
    try:
        prepare(args.wheel, args.fleet)
    except (SetupError, OSError) as problem:
        STAGES.leave()
        print(f"set-up failed: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        STAGES.leave()
        print("set-up interrupted: run make again to start afresh.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
