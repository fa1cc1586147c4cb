"""The verb behind the studio's live previews: requests as JSON lines on stdin, answers as JSON lines on stdout.

`figures` takes {"id"} with a `contract.previews.figures.FiguresRequest` and answers {"id"} with a `FiguresAnswer`
without what is None, in milliseconds once a configuration's graph is in memory. `pictures` takes {"id", "run",
"picture", "threshold"} and answers {"id", "boxes"}; with {"what": "sample"} a `model.samples.SampleRequest`, answering
{"id", "samples"}; with {"what": "try"} a `contract.previews.trial.TrialRequest`, answering with as many `TrialAnswer`s
as there is to tell. `figures` also takes {"what": "changes"} with a `contract.source.changes.ChangesRequest`, and
answers a `SourceChanges`. Both take {"what": "drawing"} with a `contract.previews.drawings.DrawingRequest`, and answer
what a step of a recipe does. A refused request is answered by {"id", "error"}. Of requests that queue up, the latest
wins; the others get no answer, and one whose answer is still being worked out no more of it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pydantic import ValidationError

from engine.contract.previews.drawings import DrawingRequest
from engine.contract.previews.figures import FiguresRequest
from engine.contract.queue.gate import Gate
from engine.contract.text.messages import JobFailed, Message, UserError
from engine.contract.text.reasons import at_place

if TYPE_CHECKING:
    from engine.model.prediction import Finder
    from engine.model.samples import SampleMaker
    from engine.trial.trials import Trials

NAME = "serve"
HELP = "answer previews on pipes (for the studio)"

Request = dict[str, Any]
Answer = dict[str, Any]
Check = Callable[[], None]
Answers = Answer | Iterator[Answer]


class _Superseded(Exception):
    """Nobody waits any more for what is being worked out."""


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("what", choices=("figures", "pictures"), help="what to answer")


def run(args: argparse.Namespace) -> int:
    """Answer until stdin ends."""
    # Whatever a library prints, be it from C, must not get between the answers.
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        if args.what == "figures":
            serve(sys.stdin, out, answer_figures)
        else:
            with contextlib.closing(PictureAnswers()) as answer_pictures:
                serve(sys.stdin, out, answer_pictures, Gate.of_this_machine())
    return 0


def serve(
    requests: IO[str], answers: IO[str], answer: Callable[[Request, Check], Answers], gate: Gate | None = None
) -> None:
    """Read requests in a thread of their own, so that an old one can be dropped for a newer.

    `answer` gets a request and what it must call now and then, which raises if a newer one has come. Where it computes,
    it waits by the `gate` while a job measures times.
    """
    way = gate or Gate()
    waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in requests:
            waiting.put(line)
        waiting.put(None)

    def wanted() -> None:
        if not waiting.empty():
            raise _Superseded

    def check() -> None:
        wanted()
        way.make_way(wanted)

    threading.Thread(target=read, daemon=True).start()
    while (line := waiting.get()) is not None:
        ended = False
        while not waiting.empty():
            newer = waiting.get()
            ended = newer is None
            line = newer if newer is not None else line
        with contextlib.suppress(_Superseded), way.computing(wanted):
            for reply in _replies(line, lambda request: answer(request, check)):
                answers.write(json.dumps(reply, ensure_ascii=False) + "\n")
                answers.flush()
        if ended:
            return


def _replies(line: str, answer: Callable[[Request], Answers]) -> Iterator[Answer]:
    request: Request = {}
    try:
        request = json.loads(line)
        found = answer(request)
        for part in [found] if isinstance(found, dict) else found:
            yield {"id": request.get("id"), **part}
    except (UserError, JobFailed) as error:
        yield _refusal(request, error.message)
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = at_place(error) if isinstance(error, ValueError) else str(error)[:200]
        yield _refusal(request, Message(code="serve.request", args={"reason": reason}))
    except (OSError, RuntimeError) as error:
        yield _refusal(request, Message(code="serve.failed", args={"reason": str(error)[:400]}))


def _refusal(request: Any, message: Message) -> Answer:
    named = request.get("id") if isinstance(request, dict) else None
    return {"id": named, "error": message.model_dump() | {"text": message.text()}}


def answer_figures(request: Request, check: Check = lambda: None) -> Answer:
    """The figures of the bare detector and of the recipe on it (see `contract.preview`), or what else is asked."""
    if request.get("what") == "drawing":
        return _draw(request, "engine.recipe.drawings")
    if request.get("what") == "changes":
        return _changes(request)
    from engine.recipe.live_preview import answer

    return answer(FiguresRequest.model_validate(request)).model_dump(mode="json", exclude_none=True)


def _changes(request: Request) -> Answer:
    from engine.contract.project import ProjectFolder
    from engine.contract.source.changes import ChangesRequest
    from engine.data.sync.changes import project_changes

    asked = ChangesRequest.model_validate(request)
    return project_changes(ProjectFolder(Path(asked.project))).model_dump(mode="json")


def _draw(request: Request, room: str) -> Answer:
    from engine.recipe.drawings.answering import answer

    return answer(DrawingRequest.model_validate(request), room)


class PictureAnswers:
    """Boxes of a run on a picture, wherever that lies, the last run's model kept ready; and of recipes tried on one."""

    def __init__(self) -> None:
        self._run = ""
        self._finder: Finder | None = None
        self._trials: Trials | None = None
        self._samples: SampleMaker | None = None

    def __call__(self, request: Request, check: Check = lambda: None) -> Answers:
        """The boxes with at least the score `threshold`, 0.5 if none is given; or what else is asked."""
        from engine.detector.predict.pictures import read_picture

        if request.get("what") == "try":
            return self._try(request, check)
        if request.get("what") == "rest":  # asked in place of what is not wanted any more
            return {}
        if request.get("what") == "sample":
            return self._sample(request)
        if request.get("what") == "drawing":
            return _draw(request, "engine.model.drawings")
        picture = read_picture(str(request["picture"]))
        return {"boxes": self._ready(str(request["run"])).boxes(picture, float(request.get("threshold", 0.5)))}

    def close(self) -> None:
        """Let go of all models, and of the samples' files."""
        if self._trials is not None:
            self._trials.close()
        if self._samples is not None:
            self._samples.close()
        self._samples = None
        self._let_go()

    def _sample(self, request: Request) -> Answer:
        from engine.model.samples import SampleMaker

        if self._samples is None:
            self._samples = SampleMaker()
        return self._samples(request)

    def _let_go(self) -> None:
        if self._finder is not None:
            self._finder.close()
        self._run, self._finder = "", None

    def _try(self, request: Request, check: Check) -> Iterator[Answer]:
        from engine.contract.previews.trial import TrialRequest
        from engine.trial.trials import Trials

        self._trials = self._trials or Trials()
        for part in self._trials.answer(TrialRequest.model_validate(request), check):
            yield part.model_dump(mode="json", exclude_none=True)

    def _ready(self, run: str) -> Finder:
        from engine.detector.base.runtime import set_threads
        from engine.model.prediction import Finder

        if self._finder is None or run != self._run:
            self._let_go()
            set_threads(0)
            self._finder, self._run = Finder(Path(run)), run
        return self._finder
