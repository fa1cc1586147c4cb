"""The verb behind the studio's live previews: requests as JSON lines on stdin, answers as JSON lines on stdout.

`figures` takes {"id"} with a `contract.preview.FiguresRequest` and answers {"id"} with a `FiguresAnswer` without what
is None, in milliseconds once a configuration's graph is in memory. `pictures` takes {"id", "run", "picture",
"threshold"} and answers {"id", "boxes"}; with {"what": "sample"} it takes a `model.samples.SampleRequest` and answers
{"id", "samples"}. A refused request is answered by {"id", "error"}. Of requests that queue up,
the latest wins; the others get no answer.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pydantic import ValidationError

from engine.contract.preview import FiguresRequest
from engine.contract.text.messages import JobFailed, Message, UserError
from engine.contract.text.reasons import at_place

if TYPE_CHECKING:
    from engine.model.prediction import Finder
    from engine.model.samples import SampleMaker

NAME = "serve"
HELP = "answer previews on pipes (for the studio)"

Request = dict[str, Any]
Answer = dict[str, Any]


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
                serve(sys.stdin, out, answer_pictures)
    return 0


def serve(requests: IO[str], answers: IO[str], answer: Callable[[Request], Answer]) -> None:
    """Read requests in a thread of their own, so that an old one can be dropped for a newer."""
    waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in requests:
            waiting.put(line)
        waiting.put(None)

    threading.Thread(target=read, daemon=True).start()
    while (line := waiting.get()) is not None:
        ended = False
        while not waiting.empty():
            newer = waiting.get()
            ended = newer is None
            line = newer if newer is not None else line
        answers.write(json.dumps(_reply(line, answer), ensure_ascii=False) + "\n")
        answers.flush()
        if ended:
            return


def _reply(line: str, answer: Callable[[Request], Answer]) -> Answer:
    request: Request = {}
    try:
        request = json.loads(line)
        return {"id": request.get("id"), **answer(request)}
    except (UserError, JobFailed) as error:
        return _refusal(request, error.message)
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = at_place(error) if isinstance(error, ValueError) else str(error)[:200]
        return _refusal(request, Message(code="serve.request", args={"reason": reason}))
    except (OSError, RuntimeError) as error:
        return _refusal(request, Message(code="serve.failed", args={"reason": str(error)[:400]}))


def _refusal(request: Any, message: Message) -> Answer:
    named = request.get("id") if isinstance(request, dict) else None
    return {"id": named, "error": message.model_dump() | {"text": message.text()}}


def answer_figures(request: Request) -> Answer:
    """The figures of the bare detector and of the recipe on it (see `contract.preview`)."""
    from engine.recipe.live_preview import answer

    return answer(FiguresRequest.model_validate(request)).model_dump(mode="json", exclude_none=True)


class PictureAnswers:
    """Boxes of a run on a picture, wherever that lies; the last run's model is kept ready."""

    def __init__(self) -> None:
        self._run = ""
        self._finder: Finder | None = None
        self._samples: SampleMaker | None = None

    def __call__(self, request: Request) -> Answer:
        """The boxes with at least the score `threshold`, 0.5 if none is given."""
        from engine.detector.predict.pictures import read_picture

        if request.get("what") == "sample":
            return self._sample(request)
        picture = read_picture(str(request["picture"]))
        return {"boxes": self._ready(str(request["run"])).boxes(picture, float(request.get("threshold", 0.5)))}

    def close(self) -> None:
        """Let go of the model, and of the samples' files."""
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

    def _ready(self, run: str) -> Finder:
        from engine.detector.base.runtime import set_threads
        from engine.model.prediction import Finder

        if self._finder is None or run != self._run:
            self._let_go()
            set_threads(0)
            self._finder, self._run = Finder(Path(run)), run
        return self._finder
