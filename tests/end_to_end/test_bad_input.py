"""Bad input: exit status 2, one sentence with file, place and remedy, and nothing half-made."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.cli import main
from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.contract.run.folder import RunFolder, read_job
from engine.contract.text.messages import UserError
from tests.fakes.datasets import shots, write_coco, write_voc

KEY = "ssdlite_mobilenet_v3_small"


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command line that must be refused; its one sentence."""

    def run(*words: object) -> str:
        status = main([str(word) for word in words])
        printed = capsys.readouterr()
        lines = printed.err.strip().splitlines()
        assert status == 2, printed.err
        assert printed.out == ""
        assert len(lines) == 1 and lines[0].startswith("espalier: "), lines
        return lines[0]

    return run


@pytest.fixture
def made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> ProjectFolder:
    """A project on a tiny data set."""
    folder = ProjectFolder(tmp_path / "made")
    source = tmp_path / "tiny"
    write_voc(source, shots())
    assert main(["new", str(folder.root), "--data", str(source), "--detector", KEY, "--size", "96"]) == 0
    capsys.readouterr()
    return folder


def new(tmp_path: Path, source: Path, *more: str) -> list[object]:
    """The words of `new` on that data."""
    return ["new", tmp_path / "project", "--data", source, "--detector", KEY, "--size", "96", *more]


def test_that_a_missing_or_empty_folder_is_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    assert "nowhere" in refused(*new(tmp_path, tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    assert "empty" in refused(*new(tmp_path, tmp_path / "empty"))
    assert not (tmp_path / "project").exists()


def test_that_damaged_data_is_refused_with_file_and_place(refused: Callable[..., str], tmp_path: Path) -> None:
    source = tmp_path / "coco"
    write_coco(source, shots())
    document = next(source.glob("annotations/*train*.json"))
    whole = document.read_text(encoding="utf-8")
    document.write_text(whole[: len(whole) // 2], encoding="utf-8")
    said = refused(*new(tmp_path, source))
    assert document.name in said and "line" in said
    document.write_text(whole, encoding="utf-8")
    picture = next(path for path in source.rglob("*") if path.suffix in (".jpg", ".png"))
    content = picture.read_bytes()
    picture.write_bytes(b"no picture at all")
    assert picture.name in refused(*new(tmp_path, source))
    picture.unlink()
    assert picture.name in refused(*new(tmp_path, source))
    picture.write_bytes(content)
    # No remedy leaves out every box that there is.
    said = refused(*new(tmp_path, source, "--classes", "nothing,else"))
    assert "nothing, else" in said and "car" in said and "--fix" not in said
    assert not (tmp_path / "project").exists()


def test_that_an_input_size_that_does_not_fit_is_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    source = tmp_path / "voc"
    write_voc(source, shots())
    words = ["new", tmp_path / "project", "--data", source, "--detector", KEY]
    assert "96" in refused(*words, "--size", "100")
    assert "no detector 'nonsense'" in refused(*words[:-1], "nonsense")
    assert not (tmp_path / "project").exists()


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([{"technique": "nonsense"}], "nonsense"),
        ([{"technique": "filter_prune", "params": {"ratio": 1.5}}], "1.5"),
        ([{"technique": "filter_prune", "extra": 1}], "extra"),
    ],
)
def test_that_a_bad_recipe_is_refused(
    refused: Callable[..., str], tmp_path: Path, steps: list[dict[str, object]], words: str
) -> None:
    file = tmp_path / "recipe.json"
    file.write_text(json.dumps({"name": "bad", "steps": steps}), encoding="utf-8")
    assert words in refused("preview", file, "--detector", KEY)


def test_that_an_unknown_run_or_recipe_is_refused(refused: Callable[..., str], made: ProjectFolder) -> None:
    assert "0009" in refused("evaluate", made.root, "0009")
    assert "espalier train" in refused("compress", made.root, "ssdlite-phone")
    assert "no-such" in refused("preview", made.root, "no-such")


def test_that_a_job_that_this_version_cannot_read_is_named_and_hides_no_run(
    made: ProjectFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    run = made.new_run("newer")
    job = {"kind": "train", "settings": {"from_the_future": 1}}
    (run / "job.json").write_text(json.dumps(job), encoding="utf-8")
    with pytest.raises(UserError, match=r"job\.json: not a valid job at train\."):
        read_job(RunFolder(run))
    assert main(["show", str(made.root)]) == 0 and run.name in capsys.readouterr().out


def test_that_another_detectors_weights_are_refused(
    refused: Callable[..., str], made: ProjectFolder, tmp_path: Path
) -> None:
    code = (
        "import sys; from engine.contract.project import DetectorChoice;"
        "from engine.detector.families.build import build;"
        "from engine.detector.network.checkpoint import network_arrays; from engine.detector.base.spec import resolve;"
        "from safetensors.numpy import save_file;"
        "choice = DetectorChoice(key='yolov3_mobilenet_v1', size=96, classes=('a',));"
        "save_file(network_arrays(build(resolve(choice))), sys.argv[1])"
    )
    file = tmp_path / "other.safetensors"
    subprocess.run([sys.executable, "-c", code, str(file)], check=True)
    status = main(["train", str(made.root), "--from", str(file), "--epochs", "1", "--json"])
    assert status == 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("only root can make a small file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_that_a_full_disk_fails_the_run_and_spares_the_project(
    small_disk: Path, made: ProjectFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ProjectFolder(small_disk / "project")
    shutil.copytree(made.root / "data", folder.root / "data")
    classes = made.load().detector.classes
    folder.save(Project(name="full", detector=DetectorChoice(key=KEY, size=96, classes=classes)))
    assert main(["train", str(folder.root), "--epochs", "1", "--set", "batch_size=1"]) == 1
    assert "disk" in capsys.readouterr().err
    assert main(["show", str(folder.root)]) == 0
