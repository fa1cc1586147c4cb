"""The verb behind the studio's live previews: requests as JSON lines on stdin, answers as JSON lines on stdout.

`figures` takes {"id"} with a `contract.preview.FiguresRequest` and answers {"id"} with a `FiguresAnswer` without what
is None, in milliseconds once a configuration's graph is in memory. `pictures` takes {"id", "run", "picture",
"threshold"} and answers {"id", "boxes"}. A refused request is answered by {"id", "error"}. Of requests that queue up,
the latest wins; the others get no answer.
"""

from __future__ import annotations

import argparse
import json
import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from engine.contract.messages import JobFailed, Message, UserError
from engine.contract.preview import FiguresRequest

NAME = "serve"
HELP = "answer previews on pipes (for the studio)"

Request = dict[str, Any]
Answer = dict[str, Any]


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("what", choices=("figures", "pictures"), help="what to answer")


def run(args: argparse.Namespace) -> int:
    """Answer until stdin ends."""
    # Whatever a library prints must not get between the answers.
    out, sys.stdout = sys.stdout, sys.stderr
    serve(sys.stdin, out, answer_figures if args.what == "figures" else _PictureAnswers())
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
        return {"id": request.get("id"), "error": error.message.model_dump() | {"text": str(error)}}
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = Message(code="serve.request", args={"reason": str(error)[:200]})
        named = request.get("id") if isinstance(request, dict) else None
        return {"id": named, "error": message.model_dump() | {"text": message.text()}}


def answer_figures(request: Request) -> Answer:
    """The figures of the bare detector and of the recipe on it (see `contract.preview`)."""
    from engine.live import answer

    return answer(FiguresRequest.model_validate(request)).model_dump(mode="json", exclude_none=True)


class _PictureAnswers:
    """Keeps the last run's network warm."""

    def __init__(self) -> None:
        self._run = ""
        self._model: Any = None

    def __call__(self, request: Request) -> Answer:
        from engine.assembly import load
        from engine.detector.evaluation import network_predictor
        from engine.detector.pictures import read_picture, to_inputs

        if request["run"] != self._run:
            self._model, self._run = load(Path(request["run"]))[0], request["run"]
        classes = self._model.choice.classes
        inputs = to_inputs(read_picture(request["picture"]), self._model.config)
        rows = network_predictor(self._model.network)(inputs)[0]
        shown = [row for row in rows if row[1] >= request.get("threshold", 0.5)]
        return {
            "boxes": [
                {"class": classes[int(r[0])], "score": float(r[1]), "box": [float(v) for v in r[2:6]]} for r in shown
            ]
        }
