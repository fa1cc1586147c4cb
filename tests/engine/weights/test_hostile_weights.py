"""Hostile weights files: each ends as one sentence with file, place and remedy; nothing runs, nothing is left."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli import main
from engine.contract.project import ProjectFolder
from engine.contract.text.messages import UserError
from engine.weights import plain_pickle
from engine.weights.arrays import read_weights
from tests.fakes.hostile_pickles import every, running

MEMORY_MB = 100
SECONDS = 2.0

# Reads every file of a folder under Python's audit hooks, which see each import, file, process and socket.
CHILD = """
import json, resource, sys, time  # seconds of the processor, so that nobody else counts
from pathlib import Path
from engine.contract.text.messages import UserError
from engine.weights.arrays import read_weights

def read(path):
    try:
        return "read", str(len(read_weights(path)))
    except UserError as error:
        return error.message.code, error.message.text()

folder, answers, acts, watching = Path(sys.argv[1]), {}, [], False
for path in sorted(folder.iterdir())[:1]:
    read(path)  # the sentences are loaded by the first error
sys.addaudithook(lambda event, args: acts.append([event, *map(repr, args)]) if watching else None)
for path in sorted(folder.iterdir()):
    acts.clear()
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    watching = True
    code, text = read(path)
    watching = False
    took, grown = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    answers[path.name] = {"code": code, "text": text, "acts": list(acts), "took": took, "grown_mb": grown / 1024}
print(json.dumps(answers))
"""


def test_that_every_hostile_file_is_refused_in_one_sentence_and_does_nothing(tmp_path: Path) -> None:
    proof, folder = tmp_path / "ran", tmp_path / "files"
    folder.mkdir()
    contents = every(proof)
    files = {f"{number:03d}.pdparams": name for number, name in enumerate(contents)}
    for file, name in files.items():
        (folder / file).write_bytes(contents[name])
    done = subprocess.run([sys.executable, "-c", CHILD, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert answers.keys() == files.keys()
    assert not proof.exists() and sorted(path.name for path in tmp_path.iterdir()) == ["files"]
    for file, name in files.items():
        answer = answers[file]
        assert answer["code"] in ("weights.refused", "weights.malformed"), (name, answer)
        assert str(folder / file) in answer["text"] and ".pdparams or .safetensors" in answer["text"], (name, answer)
        assert re.search(r"byte \d+|list", answer["text"]), (name, answer)
        assert answer["text"].isprintable(), (name, answer)
        # All that Python was asked to do, as its audit hooks saw it: open this one file for reading.
        opened = ["open", repr(str(folder / file)), "'r'"]
        assert [act[:3] for act in answer["acts"]] == [opened], (name, answer)
        assert answer["took"] < SECONDS, (name, answer)
        assert answer["grown_mb"] < MEMORY_MB, (name, answer)


def test_that_the_hostile_files_are_what_they_claim(tmp_path: Path) -> None:
    """Python's own unpickler falls for them."""
    fell = 0
    for name, content in running(tmp_path / "ran"):
        proof = tmp_path / "ran"
        try:
            pickle.loads(content)
        except TypeError:
            continue  # made with the key unhashable after the harm was done, or without
        finally:
            made = proof.exists()
            if made:
                proof.rmdir() if proof.is_dir() else proof.unlink()
        fell += made
        assert made, name
    assert fell > 50


def test_that_a_file_of_endless_instructions_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_pickle, "MAX_INSTRUCTIONS", 1000)
    file = tmp_path / "endless.pdparams"
    file.write_bytes(b"\x80\x04" + b"N" * 2000 + b".")
    with pytest.raises(UserError, match=r"endless.pdparams, byte \d+: .*1000 instructions"):
        read_weights(file)


def test_that_a_file_too_large_to_be_weights_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "large.pdparams"
    with file.open("wb") as stream:
        stream.truncate(2**33)  # a hole: it takes no room on the disk
    with pytest.raises(UserError, match="large.pdparams"):
        read_weights(file)


def test_that_train_refuses_a_hostile_file_and_leaves_no_trace(
    project: ProjectFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, proof = tmp_path / "evil.pdparams", tmp_path / "ran"
    file.write_bytes(dict(running(proof))["deep 4"])
    assert main(["train", str(project.root), "--from", str(file), "--epochs", "1"]) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("espalier: ")]
    assert len(said) == 1 and f"{file}, byte" in said[0] and "mkdir" in said[0]
    assert not proof.exists()
