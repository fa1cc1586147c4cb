"""The commands that do something about a training that failed, made of the one that was given."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from engine.cli.language import say
from engine.contract.run.offers import best_run, lower_rate, smaller_batch
from engine.contract.text.messages import Message


def offer_lines(words: Sequence[str], message: Message, folder: str) -> list[str]:
    """What else could be typed after `espalier WORDS`, on the project in `folder`, failed with `message`; or nothing."""
    verb = next((word for word in words if not word.startswith("-")), "")
    if verb not in ("train", "compress"):
        return []
    batch, rate, best = smaller_batch(message), lower_rate(message), best_run(message)
    lines = []
    if batch is not None:
        lines.append(say("cli.offer_batch", command=_setting(words, "batch_size", batch)))
    if rate is not None:
        given = next((word for word in reversed(words) if word.startswith("learning_rate=")), "")
        known = float(given.partition("=")[2]) if given else None
        lower = rate if verb == "train" or known is None else known / 10
        lines.append(say("cli.offer_rate", command=_setting(words, "learning_rate", lower)))
    if rate is not None and best is not None and "--sha256" not in words:
        begun = _without(words, "--from") if verb == "train" else ["train", folder]
        again = _setting([*begun, "--from", best], "learning_rate", rate)
        lines.append(say("cli.offer_best", command=again))
    return lines


def _setting(words: Sequence[str], key: str, value: float) -> str:
    """The command with a setting, in place of the one that was given."""
    return shlex.join(["espalier", *_without(words, "--set", f"{key}="), "--set", f"{key}={value:g}"])


def _without(words: Sequence[str], option: str, beginning: str = "") -> list[str]:
    """The words without an option whose value begins so, written as one word or as two."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word.startswith(f"{option}={beginning}"):
            continue
        if word == option:
            value = next(rest, "")
            if value.startswith(beginning):
                continue
            kept += [word, value]
        else:
            kept.append(word)
    return kept
