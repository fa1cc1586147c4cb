"""Whether a call ended as it may: with its work done, or with one sentence in both languages."""

from __future__ import annotations

import contextlib
import io
import json
import traceback
from collections.abc import Callable
from typing import get_args

from engine.cli import main
from engine.contract.text.messages import JobFailed, Language, Message, UserError

Verdict = tuple[str, str]
FINE: Verdict = ("right", "")


class Unsaid(Exception):
    """A call failed, or told something, without a sentence for it."""


def judged(call: Callable[[], object]) -> Verdict:
    """What is wrong with how a call ended; `right` for its end and for a refusal."""
    try:
        call()
    except (UserError, JobFailed) as error:
        return _sentence(error.message)
    except Unsaid as error:
        return "unsaid", str(error)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever else it is, it is what is looked for
        told = "".join(traceback.format_exception(error))
        return "traceback", told if len(told) < 3000 else told[:1000] + "\n...\n" + told[-1800:]
    return FINE


def _sentence(message: Message) -> Verdict:
    try:
        check_sentence(message)
    except (Unsaid, UnicodeEncodeError) as error:
        return "unsaid", str(error)[:500]
    return FINE


def check_sentence(message: Message) -> None:
    """Raises Unsaid for a message without a sentence in a language, UnicodeEncodeError where it cannot be shown."""
    for language in get_args(Language):
        text = message.text(language)
        if text == f"{message.code} {message.args}" or not text.strip():
            raise Unsaid(f"no sentence in {language}: {text[:300]}")
        text.encode("utf-8")


def verb(*words: str) -> None:
    """A verb in this process, once for people and once as JSON; raises Unsaid for an end without a sentence."""
    for more in ((), ("--json",)):
        out, err = (
            io.TextIOWrapper(io.BytesIO(), "utf-8"),
            io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace"),
        )
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main([*words, *more])
            out.flush()
            err.flush()
        said = out.buffer.getvalue().decode(), err.buffer.getvalue().decode()
        if more:
            document = json.loads(said[0])
            if status and "code" not in document.get("error", {}):
                raise Unsaid(f"exit {status} without an error: {said[0][:300]}")
            if status and document["error"]["text"].startswith(document["error"]["code"]):
                raise Unsaid(f"no sentence: {document['error']['text'][:300]}")
        elif status and not said[1].startswith("espalier: "):
            raise Unsaid(f"exit {status} without a sentence: {said[1][:300]}")
