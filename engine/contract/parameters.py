"""A parameter that a form can show: what it is called and what it does, in both languages, and its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from engine.contract.text.messages import Message

Measure = Literal["channels", "int8"]
"""What can be measured of a run to fill a parameter in: losses by channel group, errors of int8 by convolution."""


def parameter(
    name: str,
    default: Any,
    *,
    labels: Mapping[str, str] | None = None,
    simple: bool = False,
    measure: Measure | None = None,
    when: tuple[str, str] | None = None,
    **bounds: Any,
) -> Any:
    """A pydantic field with its texts in the JSON schema; `bounds` are those of pydantic's `Field`.

    Its sentences are `parameter.NAME.title`, `parameter.NAME.description` and, of an enumeration, one for each value;
    `labels` are names of the values that are the same in every language. In the schema `title` and `labels` have both
    languages, `description` is English and `zh` the same in Chinese. A `simple` one (`x-level`) is shown to people who
    did not ask for all of them; `measure` (`x-measure`) names the measurement that can fill it in. One that counts only
    `when` another parameter has a value (`x-when`) is shown only then.
    """

    def describe(schema: dict[str, Any]) -> None:
        description = Message(code=f"parameter.{name}.description").texts()
        schema |= {"description": description["en"], "zh": description["zh"]}
        schema["title"] = Message(code=f"parameter.{name}.title").texts()
        if "enum" in schema:
            schema["labels"] = {str(value): _label(value) for value in schema["enum"]}
        if simple:
            schema["x-level"] = "simple"
        if measure is not None:
            schema["x-measure"] = measure
        if when is not None:
            schema["x-when"] = dict([when])

    def _label(value: str | int) -> dict[str, str]:
        if labels is not None:
            return {"en": labels[str(value)], "zh": labels[str(value)]}
        return Message(code=f"parameter.{name}.{value}").texts()

    return Field(default, json_schema_extra=describe, **bounds)
