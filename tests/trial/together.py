"""Several command lines at once on one project, studios among them: each comes to its end, or is refused in words."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from engine.contract.dataset import Index
from engine.contract.labels import Corrections
from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder
from tests.trial.ground import KEY, SIZE, Ground, Said, new_mark
from tests.trial.kills.kinds import kinds
from tests.trial.kills.tries import Found, plain, reference
from tests.trial.kills.whole import broken_files, half_files, numbers_twice, weights
from tests.trial.record import Outcome

NAME = "together"
WANTED = 20
Words = tuple[object, ...]
Scene = Callable[[Ground, Path, random.Random, Any], None]


def tries(seed: int, first: int, ground: Ground) -> Generator[list[Outcome], None, None]:
    """Scene after scene without end."""
    wanted, number = None, first
    while True:
        wanted = wanted or reference(kinds()["train"], ground)[0]
        name, scene = SCENES[number % len(SCENES)]
        began, place = time.monotonic(), ground.place()
        ground.copied(place)
        outcome = Outcome(part=NAME, number=number, what=name)
        try:
            scene(ground, place, random.Random(f"{seed}:{NAME}:{number}"), wanted)
            for project in (place / "project", place / "made"):
                _whole(project)
        except Found as found:
            outcome = outcome.model_copy(update={"verdict": found.verdict, "detail": found.detail[:2000]})
        ground.clear("", place)
        yield [outcome.model_copy(update={"seconds": round(time.monotonic() - began, 1)})]
        number += 1


def _whole(project: Path) -> None:
    if not project.is_dir():
        return
    if found := [*broken_files(project), *(f"{number} twice" for number in numbers_twice(project))]:
        raise Found("lost", "; ".join(found))
    if found := half_files(project):
        raise Found("litter", "; ".join(found))


def _all(ground: Ground, *each: Words, chance: random.Random) -> list[Said]:
    """Begin all nearly at once, and wait for the ends."""
    calls = []
    for words in each:
        calls.append(ground.begin(words, new_mark()))
        time.sleep(chance.choice((0, 0, 0.05, 1.0)))
    told = [call.end() for call in calls]
    for said in told:
        if said.fault is not None:
            raise Found(said.fault[0], said.fault[1])  # type: ignore[arg-type]
    return told


def _expect(told: list[Said], *codes: str) -> None:
    """All ended well, but for those that were refused by one of the codes."""
    wrong = [f"{' '.join(said.words[:3])}: {said.code}" for said in told if said.status != 0 and said.code not in codes]
    if wrong:
        raise Found("lost", "; ".join(wrong))


def _trainings(ground: Ground, place: Path, chance: random.Random, wanted: Any) -> None:
    words = kinds()["train"].begin(ground, place)
    _expect(_all(ground, words, words, words, chance=chance))
    own = next(held for name, held in wanted.items() if name.startswith("0002"))
    runs = sorted((place / "project" / "runs").glob("[0-9]*"))[1:]
    if len(runs) != 3 or any(plain(weights(run)) != own for run in runs):
        raise Found("lost", f"runs {[run.name for run in runs]} are not what each is alone")


def _resumes(ground: Ground, place: Path, chance: random.Random, wanted: Any) -> None:
    call = ground.begin(kinds()["train"].begin(ground, place), new_mark())
    time.sleep(chance.uniform(2, 4))
    ground.clear(call.mark)
    call.end()
    again = kinds()["train"].words_again(ground, place)
    told = _all(ground, again, again, again, chance=chance)
    _expect(told, "run.locked", "run.finished")
    product = plain(kinds()["train"].product(place, told[0]))
    if again[0] == "resume" and product != wanted:
        raise Found("lost", f"not what one alone comes to: {product}")


def _shows(ground: Ground, place: Path, chance: random.Random, wanted: Any) -> None:
    call = ground.begin(kinds()["recipe"].begin(ground, place), new_mark())
    told = []
    while call.process.poll() is None:
        told.append(ground.call("show", place / "project", *chance.choice(((), ("1",)))))
    told.append(call.end())
    for said in told:
        if said.fault is not None:
            raise Found(said.fault[0], said.fault[1])  # type: ignore[arg-type]
    _expect(told)


def _news(ground: Ground, place: Path, chance: random.Random, wanted: Any) -> None:
    words = ("new", place / "made", "--data", ground.source, "--detector", KEY, "--size", SIZE)
    told = _all(ground, words, words, words, chance=chance)
    _expect(told, "project.exists")
    if not any(said.status == 0 for said in told):
        raise Found("lost", "nobody made the project")
    if ground.call("train", place / "made", "--epochs", "0").status != 0:
        raise Found("lost", "the project that was made cannot be used")


def _mixed(ground: Ground, place: Path, chance: random.Random, wanted: Any) -> None:
    names = chance.sample([name for name in kinds() if name != "new"], 3)
    told = _all(ground, *(kinds()[name].begin(ground, place) for name in names), chance=chance)
    _expect(told)


def _studios(ground: Ground, place: Path, chance: random.Random, wanted: Any) -> None:
    """Two people in two windows, and a command line."""
    project, seed = place / "project", str(chance.random())
    more = {"QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(place / "config")}
    child = "tests.trial.studio_child"
    calls = [ground.begin((project, half, seed), new_mark(), more, child) for half in (0, 1)]
    calls.append(ground.begin(kinds()["train"].begin(ground, place), new_mark()))
    told = [call.end() for call in calls]
    for said in told:
        if said.fault is not None:
            raise Found(said.fault[0], said.fault[1])  # type: ignore[arg-type]
    _expect(told)
    done = [said.document for said in told[:2]]
    runs = [path for path in sorted((project / "runs").glob("[0-9]*")) if RunFolder(path).status() == "finished"]
    begun = [document["trainings"] for document in done]
    if len(runs) != 2 + sum(begun):
        raise Found("lost", f"of {begun} and 2 more trainings only {[run.name for run in runs]} are finished")
    kept = Corrections.read(ProjectFolder(project).labels).pictures
    corrected = {digest: count for document in done for digest, count in document["corrected"].items()}
    held = {digest: len(correction.boxes) for digest, correction in kept.items()}
    with Index.open(ProjectFolder(project).index) as index:
        applied = {picture.digest: len(picture.boxes) for picture in index.of_digests(list(corrected))}
    if corrected != held or corrected != applied:
        raise Found("lost", f"corrected {corrected}, kept {held}, applied {applied}")


SCENES: list[tuple[str, Scene]] = [
    ("three trainings", _trainings),
    ("three resume one run", _resumes),
    ("show while a recipe runs", _shows),
    ("three make one project", _news),
    ("three kinds of job on one run", _mixed),
    ("two studios and a training", _studios),
]
