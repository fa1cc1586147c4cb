"""Makes `.venv`: finds a Python 3.10 that runs, installs the lock and the project. A no-op when all is there.

Runs on any python3 from 3.8 on, on the standard library alone. `.venv/stamp` holds the hash of all that went
in and is written last; `.venv/unfinished` stands during an installation: one broken off is made anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
DISCARDED = ROOT / ".venv.old"
STAMP = VENV / "stamp"
UNFINISHED = VENV / "unfinished"
LOCK = ROOT / "packaging" / "requirements.lock"
UV_LOCK = ROOT / "packaging" / "uv.lock"
INPUTS = (LOCK, UV_LOCK, ROOT / "packaging" / "bootstrap.py", ROOT / "pyproject.toml")
VERSION = "3.10"
PROBE = (
    "import ctypes, ensurepip, os, sqlite3, ssl, sys, venv, zlib\n"
    "print('%d.%d' % sys.version_info[:2], os.path.realpath(sys.executable))"  # never a virtual environment's
)
PIP_INSTALL = ("-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--no-deps")
# Compiled in one go afterwards, on all cores.
LOCKED = ("--progress-bar=off", "--only-binary=:all:", "--require-hashes", "--no-compile")
# What a person's shell may hold that would lead the new environment astray.
STRAY = "PYTHONHOME PYTHONPATH PIP_PREFIX PIP_REQUIRE_VIRTUALENV PIP_TARGET PIP_USER VIRTUAL_ENV".split()


class SetupError(Exception):
    """The environment cannot be made; the text says why and what to do."""


def say(text: str) -> None:
    """Print one line of progress at once."""
    print(f"set-up: {text}", flush=True)


def run(*command: str | Path, settings: dict[str, str] | None = None, keep: int | None = None) -> int:
    """Run `command` with `settings` added to a clean environment; returns the exit status.

    `keep` is an open file that the child holds on to.
    """
    environment = {name: value for name, value in os.environ.items() if name not in STRAY}
    environment.update(settings or {})
    held = () if keep is None else (keep,)
    return subprocess.run(command, env=environment, cwd=ROOT, pass_fds=held).returncode


def answer(*command: str | Path, settings: dict[str, str] | None = None) -> str:
    """What `command` prints, or nothing if it cannot be run, fails or takes more than 30 seconds."""
    environment = {**os.environ, **(settings or {})}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""


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
    say("fetching uv, which can fetch Python")
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
            say(f"fetching Python {VERSION} with uv")
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


def fingerprint() -> str:
    """The hash of all that the environment is made from and of its place, which its scripts hold."""
    digest = hashlib.sha256(str(ROOT).encode())
    for path in INPUTS:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def ready() -> bool:
    """Whether the environment is complete and made from what is here now."""
    return STAMP.is_file() and STAMP.read_text() == fingerprint() and (VENV / "bin" / "python").exists()


def clear_the_way(python: Path) -> None:
    """Keep a `.venv` that is whole; replace one that was broken off or moved, or whose Python is gone."""
    script = VENV / "bin" / "pip"
    in_place = script.is_file() and str(VENV).encode() in script.read_bytes()[:300]
    if in_place and usable(VENV / "bin" / "python") and not UNFINISHED.exists():
        UNFINISHED.touch()
        return
    if VENV.exists():
        say("removing a .venv that is not whole")
        # Out of the way in one move: half a removal could leave what looks whole.
        remove(DISCARDED)
        VENV.rename(DISCARDED)
    remove(DISCARDED)
    VENV.mkdir()
    UNFINISHED.touch()
    say(f"making .venv with {python}")
    if run(python, "-I", "-m", "venv", VENV):
        raise SetupError(f"{python} could not make {VENV}, as told above; mend that and run make again.")


def remove(folder: Path) -> None:
    """Remove `folder` with all in it, if it is there."""
    if folder.exists():
        shutil.rmtree(folder)


def install(held: int) -> None:
    """Install the lock as a whole, then the project itself.

    `held` is the set-up lock, open: pip holds on to it, so that nobody starts beside a pip that outlived us.
    """
    pip = (VENV / "bin" / "python", *PIP_INSTALL)
    say("installing packaging/requirements.lock (some minutes the first time, about 2 GB)")
    if run(*pip, *LOCKED, "-r", LOCK, keep=held):
        raise SetupError("pip could not install the packages, as told above; run make again.")
    say("installing espalier itself")
    if run(*pip, "--quiet", "--no-index", "--no-build-isolation", "--editable", ROOT, keep=held):
        raise SetupError("pip could not install espalier itself, as told above; run make again.")


def compile_modules() -> None:
    """Compile every module: where PYTHONDONTWRITEBYTECODE is set, Paddle's would be compiled anew by each worker.

    That takes a worker four seconds. Modules that do not compile are for other versions of Python.
    """
    say("compiling")
    command = (VENV / "bin" / "python", "-I", "-m", "compileall", "-q", "-j", "0")
    folders = (VENV / "lib", ROOT / "engine", ROOT / "studio")
    subprocess.run((*command, *folders), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def prepare() -> None:
    """Bring the environment up to date, one process at a time. Raises `SetupError`."""
    if ready():
        return
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise SetupError(f"the locked packages are for Linux on x86-64 only; this is {platform.platform()}.")
    with (ROOT / ".setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work here; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if ready():
            return
        if STAMP.exists():
            STAMP.unlink()
        clear_the_way(find_python())
        install(lock.fileno())
        compile_modules()
        UNFINISHED.unlink()
        fresh = VENV / "stamp.new"
        fresh.write_text(fingerprint())
        fresh.replace(STAMP)
        say("done")


def main() -> int:
    """Prepare the environment; returns 0, 1 with a sentence if it cannot be had, 130 if interrupted."""
    try:
        prepare()
    except (SetupError, OSError) as problem:
        print(f"set-up failed: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up interrupted: run make again to start afresh.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
