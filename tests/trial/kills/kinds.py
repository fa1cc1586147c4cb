"""The kinds of job that are killed: how each is begun, gone on with, and what it must come to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.contract.dataset import Index
from engine.contract.fit.front import read_front
from engine.contract.labels import Correction, Corrections, LabelBox
from engine.contract.latency import PhoneChoice
from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder
from engine.contract.run.lineage import fits_of, unfinished_fits, unfinished_recipes
from engine.fit.times import upper_end
from engine.recipe.stack import stack_of_run
from tests.trial.ground import KEY, QUICK, SIZE, Ground, Said
from tests.trial.kills.whole import weights

STEPS = [{"technique": "filter_prune", "params": {"criterion": "l1", "ratio": 0.3}}, {"technique": "quant_aware"}]
GROUPS = ("backbone.conv14.pointwise_conv.conv", "backbone.conv14.normal_conv.conv")
Words = tuple[object, ...]


@dataclass(frozen=True)
class Kind:
    """`begin` are the words in a place; `again` those after a kill; `product` what must be the same as without one.

    `replaces` are the files of the project that it makes anew: they are as they were, or what comes of it, whole.
    """

    name: str
    begin: Callable[[Ground, Path], Words]
    product: Callable[[Path, Said], Any]
    again: Callable[[Ground, Path], Words] | None = None
    replaces: tuple[str, ...] = ()

    def words_again(self, ground: Ground, place: Path) -> Words:
        """What brings it to its end after a kill."""
        return (self.again or self.begin)(ground, place)


def kinds() -> dict[str, Kind]:
    """Every kind by name."""
    every = (
        Kind("new", _new, _index_of, _new_again),
        Kind("train", _train, _runs_of, _resume("train", _train)),
        Kind("recipe", _recipe, _runs_of, _recipe_again),
        Kind("fit", _fit, _found, _fit_again),
        Kind("evaluate", lambda ground, place: ("evaluate", place / "project", "1", "--split", "test"), _figures),
        Kind("sensitivity", _sensitivity, lambda place, said: said.document.get("groups")),
        Kind("int8 errors", _int8, lambda place, said: said.document.get("layers")),
        Kind("saliency", _saliency, lambda place, said: said.document.get("groups")),
        Kind("predict", _predict, _boxes_of),
        Kind("export", _export, _exported),
        Kind("sync", _sync, _synced, replaces=("data/index.sqlite",)),
        Kind("host bench", lambda ground, place: ("host-bench", place / "project", "1"), _names),
    )
    return {kind.name: kind for kind in every}


def _new(ground: Ground, place: Path) -> Words:
    return ("new", place / "made", "--data", ground.source, "--detector", KEY, "--size", SIZE)


def _new_again(ground: Ground, place: Path) -> Words:
    return ("show", place / "made") if (place / "made" / "project.json").is_file() else _new(ground, place)


def _train(ground: Ground, place: Path) -> Words:
    return ("train", place / "project", "--epochs", "3", "--name", "again", *QUICK)


def _recipe(ground: Ground, place: Path) -> Words:
    file = place / "two.json"
    file.write_text(json.dumps({"name": "two", "steps": STEPS}), encoding="utf-8")
    return ("compress", place / "project", file, "--from", "1", "--epochs", "2", *QUICK)


def _sensitivity(ground: Ground, place: Path) -> Words:
    return ("sensitivity", place / "project", "1", "--criterion", "l1", "--ratios", "0.5", "0.75", "--groups", *GROUPS)


def _sync(ground: Ground, place: Path) -> Words:
    """One picture's boxes were corrected in the project."""
    folder = ProjectFolder(place / "project")
    with Index.open(folder.index) as index:
        picture = index.pictures("train", limit=1)[0]
    corrected = Correction(path=picture.path, boxes=(LabelBox(name="dog", box=(3.0, 4.0, 21.0, 30.0)),))
    Corrections(pictures={picture.digest: corrected}).write(folder.labels)
    return ("sync", folder.root)


def _int8(ground: Ground, place: Path) -> Words:
    return ("sensitivity", place / "project", "1", "--int8", "--pictures", "2")


def _saliency(ground: Ground, place: Path) -> Words:
    return ("sensitivity", place / "project", "1", "--saliency")


def _predict(ground: Ground, place: Path) -> Words:
    pictures = sorted((ground.source / "JPEGImages").iterdir())[:4]
    return ("predict", place / "project", "1", *pictures, "-o", place / "drawn", "--threshold", "0")


def _export(ground: Ground, place: Path) -> Words:
    return ("export", place / "project", "1", "--target", "arm", "--precision", "fp32", "-o", place / "phone")


def _resume(name: str, begin: Callable[[Ground, Path], Words]) -> Callable[[Ground, Path], Words]:
    def words(ground: Ground, place: Path) -> Words:
        runs = sorted((place / "project" / "runs").glob("0002-*"))
        if not runs or not (runs[0] / "job.json").is_file():
            return begin(ground, place)
        return ("show" if RunFolder(runs[0]).status() == "finished" else "resume", place / "project", "2")

    return words


def _recipe_again(ground: Ground, place: Path) -> Words:
    folder = ProjectFolder(place / "project")
    waiting = unfinished_recipes(folder)
    if waiting:
        return ("resume", folder.root, waiting[0].name)
    ended = [run for run in folder.runs.glob("0003-*") if RunFolder(run).status() == "finished"]
    return ("show", folder.root, "3") if ended else _recipe(ground, place)


def _fit(ground: Ground, place: Path) -> Words:
    """Two trials side by side and the winner, for most of the time that the run takes."""
    start = place / "project" / "runs" / "0001-train"
    whole = upper_end(stack_of_run(start), PhoneChoice(soc="SD855", threads=1, precision="fp32"), None)
    target = ("--phone", "SD855", "--ms", f"{0.8 * (whole.high or whole.value):.3f}", "--trials", "2", "--at-once", "2")
    return ("fit", place / "project", "1", *target, "--trial-epochs", "1", "--epochs", "1", "--pictures", "2")


def _fit_again(ground: Ground, place: Path) -> Words:
    folder = ProjectFolder(place / "project")
    waiting = unfinished_fits(folder)
    if waiting:
        return ("resume", folder.root, waiting[0].name)
    ended = [task for task in folder.tasks.glob("fit-*") if RunFolder(task).status() == "finished"]
    return ("show", folder.root, ended[0].name) if ended else _fit(ground, place)


def _found(place: Path, said: Said) -> Any:
    """The trials and the winner by what was cut and what came of it, and all weights."""
    front = read_front(fits_of(ProjectFolder(place / "project"))[-1])
    points = [] if front is None else [*front.trials, *([front.winner] if front.winner else [])]
    return [(point.kind, dict(point.ratios), point.ms, point.map) for point in points], _runs_of(place, said)


def _runs_of(place: Path, said: Said) -> Any:
    runs = sorted((place / "project" / "runs").glob("[0-9]*"))
    return {run.name: weights(run) for run in runs}


def _synced(place: Path, said: Said) -> Any:
    with Index.open(ProjectFolder(place / "project").index) as index:
        return [index.content_hash(), index.picture_count()]


def _index_of(place: Path, said: Said) -> Any:
    with Index.open(place / "made" / "data" / "index.sqlite") as index:
        return [index.content_hash(), ProjectFolder(place / "made").load().detector.model_dump()]


def _figures(place: Path, said: Said) -> Any:
    return [(f["name"], f["value"], f.get("conditions")) for f in said.document.get("figures", ())]


def _names(place: Path, said: Said) -> Any:
    return sorted({f["name"] for f in said.document.get("figures", ())})


def _boxes_of(place: Path, said: Said) -> Any:
    pictures = json.loads((place / "drawn" / "boxes.json").read_text(encoding="utf-8"))["pictures"]
    drawn = sorted(_sum(path) for path in (place / "drawn").iterdir() if path.suffix != ".json")
    return [[Path(picture["path"]).name, picture["boxes"]] for picture in pictures], drawn


def _exported(place: Path, said: Said) -> Any:
    names = sorted(path.name for path in (place / "phone").iterdir())
    card = json.loads((place / "phone" / "model.json").read_text(encoding="utf-8"))
    return [names, _sum(place / "phone" / "model.nb"), sorted(card)]


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
