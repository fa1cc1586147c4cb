"""The inside of a child process: answers requests, one line of JSON each, until its input ends."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from engine.contract.system.processes import die_with_parent

Handler = Callable[..., dict[str, Any]]


def serve(handlers: Mapping[str, Handler]) -> None:
    """Call the handler that each request's `do` names with the rest of the request, and write what it returns.

    Anything that a handler raises ends the child, and so tells the parent.
    """
    die_with_parent()
    # Libraries print to standard output; answers keep a descriptor of their own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        answer = handlers[request.pop("do")](**request)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
