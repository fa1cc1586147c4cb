"""The rules of the tree that no linter knows; CONTRIBUTING.md says what each is for."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("engine", "studio", "tests", "packaging")
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
# Spelt in pieces, so that this file does not hold what it forbids.
FOREIGN = re.compile(
    "|".join(["pypi[.]" + "org", "pythonhosted[.]" + "org", "npmjs[.]" + "org", "debian[.]" + "org"])
    + "|"
    + "|".join([r"(?<![\w.])/" + "work/", "/opt/" + "pypi", "/opt/" + "wheels", "pyenv/" + "versions/"])
)
HEAVY = ("paddle", "ppdet", "paddleslim", "paddlelite", "cv2", "numba", "PySide6")
BROAD = {"Exception", "BaseException"}
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
SYSTEM = "engine/contract/system/"
LINUX = re.compile(
    r"(fcntl|resource|os[.](fork|forkpty|killpg|[gs]etpgid|getpgrp|setpgrp|setsid|getsid|sched_\w+|wait\w*|P_PID))(?!\w)"
    r"|.*[.]prctl(?!\w)|.*/proc/.*",
    re.DOTALL,
)
"""What only Linux has, or has in this way: a module, an attribute, or a text."""
ON_THE_PHONE = ("engine/phone/", "engine/simulated_phone/")
"""Their /proc is that of Android."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> list[Path]:
    """Every Python file below `folders`, which are named from the root."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def shipped_texts() -> Iterator[tuple[Path, str]]:
    """Every text file that belongs to the repository, with its text."""
    # What the set-up leaves here, such as its log, is not shipped, nor is the file that is .git in a work tree.
    left_here = {".git", *(ROOT / ".gitignore").read_text(encoding="utf-8").split()}
    paths = [path for path in ROOT.iterdir() if path.is_file() and path.name not in left_here]
    for folder in (*FOLDERS, "resources", ".ci"):
        paths += [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    for path in paths:
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or weights


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_broad(node: ast.AST) -> bool:
    """Whether `node` swallows failures of any kind, by `except` or by `suppress`; not if it raises on."""
    caught: list[ast.expr] = []
    if isinstance(node, ast.ExceptHandler):
        last = node.body[-1]
        if isinstance(last, ast.Raise) and last.exc is None:
            return False
        if node.type is None:
            return True
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "suppress":
        caught = node.args
    return any(isinstance(name, ast.Name) and name.id in BROAD for name in caught)


def imported(tree: ast.Module) -> Iterator[str]:
    """The full name of every module that `tree` imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def of_linux(tree: ast.Module) -> Iterator[str]:
    """Everything in `tree` that only Linux has; documentation may name it."""
    documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = list(imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Attribute):
            found.append(ast.unparse(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            found.append(node.value)
    yield from (each for each in found if LINUX.match(each))


def test_a_file_has_at_most_300_lines() -> None:
    lengths = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(*FOLDERS)}
    assert {path: length for path, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_a_function_has_at_most_40_lines() -> None:
    long = {}
    for path in sources(*FOLDERS):
        functions = [node for node in ast.walk(parse(path)) if isinstance(node, Function)]
        for node in functions:
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                long[f"{shown(path)}:{node.name}"] = lines
    assert long == {}


def test_a_module_is_named_for_what_it_holds() -> None:
    paths = [path.relative_to(ROOT) for path in sources(*FOLDERS)]
    assert [str(path) for path in paths if VAGUE_NAMES & {*path.parts[:-1], path.stem}] == []


def test_a_module_says_what_it_is_for() -> None:
    trees = {shown(path): parse(path) for path in sources("engine", "studio", "packaging")}
    assert [path for path, tree in trees.items() if tree.body and not ast.get_docstring(tree)] == []


def test_no_file_names_a_registry_or_a_place_on_somebodys_machine() -> None:
    assert [f"{shown(path)}: {found[0]}" for path, text in shipped_texts() for found in FOREIGN.finditer(text)] == []


def test_no_code_holds_chinese() -> None:
    texts = {shown(path): path.read_text(encoding="utf-8") for path in sources("engine", "studio")}
    assert [f"{path}: {found[0]}" for path, text in texts.items() for found in CHINESE.finditer(text)] == []


def test_the_engine_has_one_broad_except_and_it_is_the_workers() -> None:
    broad = [shown(path) for path in sources("engine") for node in ast.walk(parse(path)) if is_broad(node)]
    assert broad in ([], ["engine/run/worker.py"])


@pytest.mark.parametrize(
    ("code", "broad"),
    [
        ("try: pass\nexcept: pass", True),
        ("try: pass\nexcept (OSError, Exception): pass", True),
        ("with contextlib.suppress(BaseException): pass", True),
        ("try: pass\nexcept OSError: pass", False),
        ("try: pass\nexcept BaseException:\n    tidy()\n    raise", False),
    ],
)
def test_a_broad_except_is_recognised(code: str, broad: bool) -> None:
    assert any(is_broad(node) for node in ast.walk(ast.parse(code))) == broad


def test_what_only_linux_has_stands_in_one_room() -> None:
    places = {path for path in sources("engine", "studio") if not shown(path).startswith(SYSTEM)}
    found = {(shown(path), each) for path in places for each in of_linux(parse(path))}
    on_the_phone = {(path, each) for path, each in found if path.startswith(ON_THE_PHONE) and "/proc/" in each}
    assert {path for path, _ in found - on_the_phone} == set()
    assert any(list(of_linux(parse(path))) for path in sources(SYSTEM))


@pytest.mark.parametrize(
    ("code", "linux"),
    [
        ("import fcntl", True),
        ("from fcntl import flock", True),
        ("import resource", True),
        ("libc.prctl(1, 9)", True),
        ("os.killpg(group, 9)", True),
        ("from os import setsid", True),
        ("count = len(os.sched_getaffinity(0))", True),
        ('path = f"/proc/{pid}/stat"', True),
        ('Path("/proc/cpuinfo")', True),
        ('"""Asks /proc/cpuinfo."""', False),
        ("import resources", False),
        ("os.kill(pid, 9); os.environ.get('waited')", False),
    ],
)
def test_what_only_linux_has_is_recognised(code: str, linux: bool) -> None:
    assert bool(list(of_linux(ast.parse(code)))) == linux


def test_the_contract_imports_pydantic_and_the_standard_library_only() -> None:
    allowed = {*sys.stdlib_module_names, "pydantic", "pydantic_core", "annotated_types"}
    foreign = [
        f"{shown(path)}: {name}"
        for path in sources("engine/contract")
        for name in imported(parse(path))
        if name.split(".")[0] not in allowed and not name.startswith("engine.contract")
    ]
    assert foreign == []


def test_describing_needs_neither_paddle_nor_cv2_nor_qt() -> None:
    light = ["engine/cli", "engine/contract", "engine/recipe", "engine/technique", "engine/techniques"]
    modules = [module_name(path) for path in sources(*light)]
    script = f"""
import importlib, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {HEAVY}:
            raise ImportError(name + " is not to be imported here")
sys.meta_path.insert(0, Absent())
for module in {modules}:
    importlib.import_module(module)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def lint_imports(folder: Path) -> str:
    """What import-linter says of the tree at `folder`."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache", "--no-logo"], capture_output=True, text=True, cwd=folder)
    return done.stdout + done.stderr


def small_tree(folder: Path, bodies: dict[str, str]) -> None:
    """A tree with a module for each layer that must be there, and `bodies` by module name."""
    engine = "cli demo jobs fit fleet bench trial model recipe techniques technique phone lite detector weights"
    engine += " run latency data graph contract"
    studio = "screenshots app views views.page studio widgets presenters stores workers theme bound_texts i18n"
    rooms = [f"engine.{name}" for name in engine.split()] + [f"studio.{name}" for name in studio.split()]
    modules = {"studio": "", "engine": "", **dict.fromkeys(rooms, ""), **bodies}
    for name, body in modules.items():
        package = folder.joinpath(*name.split("."))
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text(body)
    shutil.copy(ROOT / "pyproject.toml", folder)


def outcomes(output: str) -> dict[str, bool]:
    """Whether each contract was kept, by its name."""
    return {name: word == "KEPT" for name, word in re.findall(r"^(.+) (KEPT|BROKEN)\b", output, re.MULTILINE)}


def test_each_import_contract_breaks_on_what_it_forbids(tmp_path: Path) -> None:
    allowed = {
        "studio.views": "import engine.contract.job",
        "studio.views.recipe": "import studio.views.phone",
        "studio.views.phone": "import studio.stores",
        "studio.stores": "import PySide6.QtCore",
        "studio.presenters": "import studio.stores, studio.i18n",
        "engine.contract.job": "",
        "engine.cli": "import engine.jobs",
        "engine.cli.verbs": "import engine.cli.tables",
        "engine.cli.tables": "",
        "engine.techniques.one": "import engine.technique",
        "engine.techniques.two": "",
    }
    small_tree(tmp_path / "good", allowed)
    small_tree(
        tmp_path / "bad",
        {
            "engine.contract": "import numpy",
            "engine.data": "import engine.detector",
            "engine.jobs": "import PySide6.QtCore",
            "engine.techniques.one": "import engine.techniques.two",
            "engine.techniques.two": "",
            "engine.cli.verbs": "import engine.cli.tables",
            "engine.cli.tables": "import engine.cli.verbs",
            "studio.stores": "import engine.recipe",
            "studio.workers": "import studio.stores",
            "studio.presenters": "import PySide6.QtGui",
            "studio.views.phone": "import studio.views.recipe",
            "studio.views.recipe": "",
        },
    )
    good, bad = outcomes(lint_imports(tmp_path / "good")), outcomes(lint_imports(tmp_path / "bad"))
    assert good == dict.fromkeys(good, True) and len(good) == 9
    assert bad == dict.fromkeys(good, False)


def test_a_new_part_of_the_engine_must_be_given_its_layer(tmp_path: Path) -> None:
    small_tree(tmp_path, {"engine.somewhere": ""})
    assert "engine.somewhere" in lint_imports(tmp_path)
