"""Why a value from outside cannot be taken, in our own sentences: what pydantic found, as a message."""

from __future__ import annotations

import json
import math
import re

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from engine.contract.text.messages import Argument, Message, sentences

WHOLE = Message(code="value.whole")
_WHOLE_NUMBER = "value.whole_number"
_CODES = {
    "bool_parsing": "value.yes_or_no",
    "bool_type": "value.yes_or_no",
    "dict_type": "value.object",
    "enum": "value.one_of",
    "extra_forbidden": "value.unknown",
    "finite_number": "value.number",
    "float_parsing": "value.number",
    "float_type": "value.number",
    "frozen_set_type": "value.list",
    "greater_than": "value.above",
    "greater_than_equal": "value.at_least",
    "int_from_float": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": _WHOLE_NUMBER,
    "int_type": _WHOLE_NUMBER,
    "less_than": "value.below",
    "less_than_equal": "value.at_most",
    "list_type": "value.list",
    "literal_error": "value.one_of",
    "missing": "value.missing",
    "model_attributes_type": "value.object",
    "model_type": "value.object",
    "multiple_of": "value.multiple",
    "set_type": "value.list",
    "string_too_long": "value.text_long",
    "string_too_short": "value.text_short",
    "string_type": "value.text",
    "too_long": "value.long",
    "too_short": "value.short",
    "tuple_type": "value.list",
    "union_tag_invalid": "value.one_of",
    "union_tag_not_found": "value.missing",
}
_LIMITS = ("lt", "le", "gt", "ge", "multiple_of", "min_length", "max_length")
_JSON_PLACE = re.compile(r" at line (\d+) column (\d+)")


def reason_of(error: ErrorDetails) -> Message:
    """Why pydantic refused a value; in pydantic's words, which are English, where we have none of our own."""
    context, kind = error.get("ctx", {}), error["type"]
    if kind == "value_error":
        return _own(str(context.get("error", error["msg"])))
    if kind == "json_invalid":
        return _no_json(error)
    given = error.get("input")
    if isinstance(given, float) and math.isnan(given):
        return Message(code="value.number")
    if kind == "finite_number" and isinstance(given, float):
        return Message(code="value.finite")
    if (code := _CODES.get(kind)) is None:
        return _own(error["msg"])
    args: dict[str, Argument] = {}
    if code == "value.one_of":
        # "'a', 'b' or 'c'"
        args["known"] = str(context.get("expected") or context.get("expected_tags", "")).replace(" or ", ", ")
    elif limits := [context[name] for name in _LIMITS if name in context]:
        args["limit"] = limits[0]
    return Message(code=code, args=args)


def place_of(error: ErrorDetails) -> str | Message:
    """Where in the value it stands, as `steps.0.params`; the whole of it if pydantic names no place."""
    return ".".join(map(str, error["loc"])) or WHOLE


def at_place(error: ValueError) -> Message:
    """What is wrong with a file, after the place where: the first thing that pydantic, JSON or UTF-8 found."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return Message(code="value.at", args={"place": place_of(first), "reason": reason_of(first)})
    if isinstance(error, json.JSONDecodeError):
        return Message(code="value.no_json_at", args={"line": error.lineno, "column": error.colno})
    if isinstance(error, UnicodeDecodeError):
        return Message(code="value.no_text")
    return _own(str(error))


def _no_json(error: ErrorDetails) -> Message:
    found = _JSON_PLACE.search(error["msg"])
    if found is None:
        return Message(code="value.no_json")
    return Message(code="value.no_json_at", args={"line": int(found[1]), "column": int(found[2])})


def _own(words: str) -> Message:
    """What a check of ours raised: a code that has its sentence, or plain words."""
    return Message(code=words) if words in sentences() else Message(code="value.words", args={"words": words})
