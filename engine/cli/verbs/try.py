"""The verb that tries a recipe on a trained run without training: mAP with an interval, and the boxes on pictures."""  # noqa: N999

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.arguments import count
from engine.cli.language import said, say
from engine.cli.output import emit_json, print_table
from engine.cli.projects import open_project, trained_run
from engine.contract.figures import Figure
from engine.contract.previews.trial import FoundBox, Part, StepFate, TrialAnswer, TrialRequest, TrialScore
from engine.contract.queue.gate import Gate
from engine.contract.recipe import Recipe, find_recipe
from engine.contract.run.lineage import default_start
from engine.contract.text.messages import Message

if TYPE_CHECKING:
    from engine.trial.trials import Trials

NAME = "try"
SIDES: tuple[Part, Part] = ("base", "tried")
HELP = "what a recipe does to a run before any training: mAP and boxes"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument("recipe", metavar="RECIPE", help="a built-in recipe's key or a recipe file")
    default = "run to start from, else the last that was made from no other"
    parser.add_argument("--from", dest="start", metavar="RUN", help=default)
    some = count("a number of pictures", least=0)
    parser.add_argument("--pictures", type=some, default=64, help="val pictures to look at; 64 if not given, 0 for all")
    parser.add_argument("-o", dest="out", type=Path, metavar="DIR", help="folder for them, drawn: as it is | tried")


def run(args: argparse.Namespace) -> int:
    """Try the recipe in this process; nothing is written but the drawn pictures."""
    from engine.trial.trials import Trials

    folder, recipe = open_project(args.dir), find_recipe(args.recipe)
    start = trained_run(folder, args.start) if args.start else default_start(folder)
    if not args.start:
        print(say("compress.start", run=start.name), file=sys.stderr)
    request = TrialRequest(project=str(folder.root), start=start.name, recipe=recipe, sizes=(args.pictures,))
    gate = Gate.of_this_machine()

    def check() -> None:
        if gate.is_in_the_way():  # a job measures times; whoever is beside us in a pipe is no process of ours to halt
            with gate.idle():
                pass

    with Trials() as trials, gate.computing():
        parts = list(trials.answer(request, check))
        if args.out is not None:
            _draw(trials, request, args.out)
    if args.json:
        emit_json(_document(parts, start.name, recipe))
    else:
        _print(parts, recipe)
        if args.out is not None:
            print(say("cli.drawn", path=str(args.out)))
    return 0


def _document(parts: Sequence[TrialAnswer], start: str, recipe: Recipe) -> dict[str, object]:
    score = _score(parts)
    figures = [] if score is None else [score.tried.model_dump(exclude_none=True)]
    told = {} if score is None else {"score": score.model_dump(mode="json", exclude_none=True)}
    steps = [fate.model_dump(mode="json", exclude_none=True) for fate in _fates(parts)]
    return {"figures": figures, "start": start, "recipe": recipe.name, "steps": steps, **told}


def _print(parts: Sequence[TrialAnswer], recipe: Recipe) -> None:
    score = _score(parts)
    if score is not None and score.base is not None and score.change is not None:
        rows = [
            ("as it is", *_cells(score.base)),
            ("tried", *_cells(score.tried)),
            ("change", *_cells(score.change, signed=True)),
        ]
        title = f"mAP on {score.pictures} of {score.total} val pictures"
        print_table(rows, (title, "points", "95 % interval"))
        print("measured, before recovery: nothing was trained after the steps")
        if score.within_noise:
            print(say("try.within"))
    for fate in _fates(parts):
        if fate.reason is not None:
            step = recipe.steps[fate.step]
            told: dict[str, Message | str | int | float] = {"technique": step.technique, "reason": fate.reason}
            print(said(Message(code="try.step", args={"number": fate.step + 1, **told})))
    for part in parts:
        if part.notice is not None:
            print(said(part.notice))


def _draw(trials: Trials, request: TrialRequest, out: Path) -> None:
    """Write each picture that was looked at twice, side by side: as the run sees it, and under the recipe."""
    from engine.detector.predict.drawing import draw_boxes, side_by_side, write_picture
    from engine.detector.predict.pictures import read_picture

    out.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(trials.pictures(request), start=1):
        asked = request.model_copy(update={"picture": path, "sizes": ()})
        found: dict[Part, tuple[FoundBox, ...]] = {}
        for part in trials.answer(asked):
            found |= part.boxes or {}
        picture, classes = read_picture(path), sorted({box.label for side in found.values() for box in side})
        drawn = [
            draw_boxes(picture, [box.model_dump() | {"class": box.label} for box in found[side]], classes)
            for side in SIDES
        ]
        write_picture(out / f"{number:03}-{Path(path).stem}.png", side_by_side(*drawn))


def _cells(figure: Figure, signed: bool = False) -> tuple[str, str]:
    sign = "+" if signed else ""
    if figure.low is None or figure.high is None:
        return f"{figure.value:{sign}.2f}", "-"
    return f"{figure.value:{sign}.2f}", f"{figure.low:{sign}.1f} to {figure.high:{sign}.1f}"


def _score(parts: Sequence[TrialAnswer]) -> TrialScore | None:
    return next((part.score for part in reversed(parts) if part.score is not None), None)


def _fates(parts: Sequence[TrialAnswer]) -> tuple[StepFate, ...]:
    return next((part.fates for part in parts if part.fates is not None), ())
