"""Recipes tried on runs in a process that stays: what they found is kept, and the latest networks too."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.previews.trial import FoundBox, TrialAnswer, TrialRequest, TrialScore
from engine.contract.project import ProjectFolder
from engine.contract.recipe import Recipe
from engine.contract.run.folder import checkpoint_of
from engine.contract.system.cores import idle_cores
from engine.contract.text.messages import Message, UserError
from engine.model.assembly import load
from engine.recipe.plan import makeable, problems
from engine.recipe.registry import make
from engine.technique.base import Phase
from engine.trial.scores import change, drawn, in_interval, map_of
from engine.trial.side import Side, Start
from engine.trial.weights import Check, Placed

if TYPE_CHECKING:
    from engine.contract.dataset import Picture

MOST_READY = 3
"""Networks that are kept: the base, and both positions of a switch that is thrown to and fro."""
MOST_KNOWN = 200
"""Recipes of which it is kept what they found."""

Key = tuple[str, int, str]
"""A checkpoint, when it was written, and the steps."""


class Trials:
    """Answers what a recipe's untrained network finds; close it, or use it as a context manager."""

    def __init__(self) -> None:
        self._starts: OrderedDict[tuple[str, int], Start] = OrderedDict()
        self._sides: OrderedDict[Key, Side] = OrderedDict()
        self._scores: dict[tuple[Side, int], TrialScore] = {}

    def __enter__(self) -> Trials:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of everything."""
        for side in self._sides.values():
            side.sleep()
        self._sides.clear()
        self._starts.clear()
        self._scores.clear()

    def answer(self, request: TrialRequest, check: Check = lambda: None) -> Iterator[TrialAnswer]:
        """The parts of the answer; raises UserError for a recipe that cannot be applied, and what `check` raises.

        `check` is called between layers, pictures and draws; what is known by then stays known.
        """
        from engine.detector.base.runtime import set_threads

        folder = ProjectFolder(Path(request.project))
        file = checkpoint_of(folder.run(request.start))
        set_threads(idle_cores())
        start = self._start(folder, file)
        steps = _steps(request.recipe, request.upto, start)
        base, tried = self._side(file, start, ()), self._side(file, start, steps)
        floating = [placed for placed in steps if make(placed[1]).phase is not Phase.QUANTISE]
        if len(floating) < len(steps) and not tried.known:
            # Calibrating takes seconds: what the network finds in float is seen until then.
            before = self._side(file, start, floating)
            yield TrialAnswer(fates=before.fates(check), pending=Message(code="try.calibrating"))
            yield from _seen(request, before, base, check)
        yield TrialAnswer(fates=tried.fates(check))
        yield from _seen(request, tried, base, check)
        if request.sizes and not start.val:
            yield TrialAnswer(notice=Message(code="try.no_val", args={"path": str(folder.root)}))
        for pictures in _samples(start.val, request.sizes):
            yield from self._told(pictures, len(start.val), base, tried, check)
        yield TrialAnswer(more=False)

    def pictures(self, request: TrialRequest) -> list[str]:
        """The files of the val pictures that mAP is told on at last; raises UserError as `answer` does."""
        folder = ProjectFolder(Path(request.project))
        start = self._start(folder, checkpoint_of(folder.run(request.start)))
        samples = _samples(start.val, request.sizes)
        return [picture.path for picture in samples[-1]] if samples else []

    def _told(
        self, pictures: Sequence[Picture], total: int, base: Side, tried: Side, check: Check
    ) -> Iterator[TrialAnswer]:
        key = (tried, len(pictures))
        if key in self._scores:
            yield TrialAnswer(score=self._scores[key])
            return
        for score in _scores(pictures, total, base, tried, check):
            yield TrialAnswer(score=score)
        self._scores[key] = score

    def _start(self, folder: ProjectFolder, file: Path) -> Start:
        from engine.contract.dataset import Index

        key = (str(file), file.stat().st_mtime_ns)
        if key not in self._starts:
            self.close()
            model, _ = load(file)
            with Index.open(folder.index) as index:
                if index.classes() != model.choice.classes:
                    counts = {"data": len(index.classes()), "detector": len(model.choice.classes)}
                    raise UserError("train.classes_differ", path=str(folder.index), **counts)
                # By what is in them: as good as by chance, always the same, and few are a part of more.
                val = sorted(index.pictures("val"), key=lambda picture: picture.digest)
                self._starts[key] = Start(model, tuple(index.pictures("train")), tuple(val))
        return self._starts[key]

    def _side(self, file: Path, start: Start, steps: Sequence[Placed]) -> Side:
        # With the places, for what became of each step is told by them.
        told = "\n".join(f"{place} {step.model_dump_json()}" for place, step in steps)
        key = (str(file), file.stat().st_mtime_ns, told)
        side = self._sides.setdefault(key, Side(start, steps))
        self._sides.move_to_end(key)
        ready = [one for one in self._sides.values() if one.ready and one is not side]
        for one in ready[: -(MOST_READY - 1)]:
            one.sleep()
        if len(self._sides) > MOST_KNOWN:
            _, oldest = self._sides.popitem(last=False)
            oldest.sleep()
            self._scores = {known: score for known, score in self._scores.items() if known[0] is not oldest}
        return side


def _steps(recipe: Recipe, upto: int | None, start: Start) -> list[Placed]:
    """The enabled steps in the order of the plan, to `upto`; raises UserError for the first problem of the recipe."""
    for problem in problems(recipe, start.model.choice, start.model.stack.techniques):
        raise UserError(problem.message.code, **problem.message.args)
    made, _ = makeable(recipe)
    chosen = sorted(made, key=lambda place: made[place].phase)
    if upto in chosen:
        chosen = chosen[: chosen.index(upto) + 1]
    return [(place, recipe.steps[place]) for place in chosen]


def _seen(request: TrialRequest, tried: Side, base: Side, check: Check) -> Iterator[TrialAnswer]:
    """What both sides find on the picture, what is new first; nothing without a picture."""
    if request.picture is not None:
        yield TrialAnswer(boxes={"tried": _boxes(tried, request.picture, request.threshold, check)})
        yield TrialAnswer(boxes={"base": _boxes(base, request.picture, request.threshold, check)})


def _boxes(side: Side, picture: str, threshold: float, check: Check) -> tuple[FoundBox, ...]:
    rows = side.rows(picture, check)
    found = [
        FoundBox(label=side.classes[int(row[0])], score=float(row[1]), box=tuple(float(edge) for edge in row[2:6]))  # type: ignore[arg-type]
        for row in rows
        if row[1] >= threshold
    ]
    return tuple(sorted(found, key=lambda box: -box.score))


def _samples(val: Sequence[Picture], sizes: Sequence[int]) -> list[Sequence[Picture]]:
    """The first pictures, ever more of them; 0 stands for all, and all are taken once."""
    counts = sorted({min(size or len(val), len(val)) for size in sizes} - {0})
    return [val[:count] for count in counts]


def _scores(pictures: Sequence[Picture], total: int, base: Side, tried: Side, check: Check) -> Iterator[TrialScore]:
    """mAP as soon as there is one, then with its interval, and beside the base's."""
    found = [tried.rows(picture.path, check) for picture in pictures]
    score = map_of(pictures, found, tried.classes, tried.conditions)
    yield TrialScore(pictures=len(pictures), total=total, tried=score)
    before = [base.rows(picture.path, check) for picture in pictures]
    bare = map_of(pictures, before, base.classes, base.conditions)
    draws, draws_before = (drawn(pictures, rows, tried.classes, check) for rows in (found, before))
    yield TrialScore(
        pictures=len(pictures),
        total=total,
        tried=in_interval(score, draws),
        base=in_interval(bare, draws_before),
        change=change(score, bare, draws, draws_before),
    )
