"""The command line: one module per verb (`verbs/`), found by its file name and loaded only when it is asked for."""

from __future__ import annotations

import argparse
import difflib
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from engine.cli.language import said
from engine.cli.offers import offer_lines
from engine.cli.output import emit_json
from engine.contract.system.environment import studio_environment
from engine.contract.text.display import require_display
from engine.contract.text.messages import Cancelled, JobFailed, Message, UserError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb, or open the studio where no word is given.

    Exit status 0 done, 1 failed, 2 bad usage or input, 130 cancelled. With `--json` an error is the one document
    on stdout; else it is a sentence on stderr.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in words
    if not as_json and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter shows the rest
    try:
        return _dispatch(words)
    except UserError as error:
        return _report(error.message, 2, as_json)
    except JobFailed as error:
        return _report(error.message, 1, as_json, words)
    except (Cancelled, KeyboardInterrupt):
        return _report(Message(code="cli.cancelled"), 130, as_json)
    except BrokenPipeError:
        # The reader of our output went away (`espalier show | head`): nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        path, reason = str(error.filename or "-"), error.strerror or str(error)
        return _report(JobFailed("cli.system", path=path, reason=reason).message, 1, as_json)


def known_verbs() -> dict[str, str]:
    """Every verb with the name of its module, a file of `verbs/`."""
    files = sorted(Path(__file__).parent.glob("verbs/[!_]*.py"))
    return {file.stem.replace("_", "-"): file.stem for file in files}


def load_verb(verb: str) -> ModuleType:
    """The module of a verb, with NAME, HELP, add_parser(parser) and run(args) -> int."""
    return importlib.import_module(f"{__name__}.verbs.{known_verbs()[verb]}")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError("cli.usage", usage=self.format_usage().strip(), reason=message)


def _dispatch(words: list[str]) -> int:
    verb = next((word for word in words if not word.startswith("-")), "")
    if verb in known_verbs():
        return int(load_verb(verb).run(_parsed(verb, words)))
    if verb == "help" or {"-h", "--help"} & set(words):
        print(_overview())
        return 0
    if not words:
        return _open_studio()
    if not verb:
        raise UserError("cli.no_verb", overview=_overview())
    closest = difflib.get_close_matches(verb, known_verbs(), n=1)
    if closest:
        raise UserError("cli.unknown_verb_close", verb=verb, closest=closest[0])
    raise UserError("cli.unknown_verb", verb=verb, known=", ".join(known_verbs()))


def _parsed(verb: str, words: list[str]) -> argparse.Namespace:
    module = load_verb(verb)
    parser = _Parser(prog=f"espalier {verb}", description=module.HELP)
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    module.add_parser(parser)
    place = words.index(verb)
    return parser.parse_args(words[:place] + words[place + 1 :])


def _offers(words: list[str], message: Message) -> list[str]:
    verb = next((word for word in words if not word.startswith("-")), "")
    # Only the verb's own parser knows which of the words is the folder, and which the value of an option.
    folder = getattr(_parsed(verb, words), "dir", "") if verb in known_verbs() else ""
    return offer_lines(words, message, str(folder))


def _open_studio() -> NoReturn:
    """Become the window: a process of its own, for none has both Qt and Paddle."""
    require_display()
    os.execve(sys.executable, [sys.executable, "-m", "studio"], studio_environment())


def _overview() -> str:
    helps = {verb: load_verb(verb).HELP for verb in known_verbs()}
    width = max(map(len, helps))
    lines = [f"  {verb:<{width}}  {text}" for verb, text in helps.items()]
    usage, more = "usage: espalier VERB ... [--json]", "espalier VERB --help tells its arguments"
    spoken = "ESPALIER_LANGUAGE=zh or en chooses the language of messages; if not set, LC_ALL, LC_MESSAGES or LANG does"
    return "\n".join([usage, "", *lines, "", more, spoken])


def _report(message: Message, status: int, as_json: bool, words: list[str] | None = None) -> int:
    if as_json:
        emit_json({"error": message.model_dump() | {"text": message.text()}})
    else:
        offers = _offers(words, message) if words else []
        print("\n".join([f"espalier: {said(message)}", *offers]), file=sys.stderr)
    return status
