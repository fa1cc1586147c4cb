"""A parameter that a form can show: what it is called and what it does, in both languages, and its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

Pair = tuple[str, str]
"""The same in English and in Chinese."""

Measure = Literal["channels", "int8"]
"""What can be measured of a run to fill a parameter in: losses by channel group, errors of int8 by convolution."""


def parameter(
    default: Any,
    title: Pair,
    description: Pair,
    *,
    labels: Mapping[str, Pair] | None = None,
    simple: bool = False,
    measure: Measure | None = None,
    **bounds: Any,
) -> Any:
    """A pydantic field with its texts in the JSON schema; `bounds` are those of pydantic's `Field`.

    The schema's `title` is {"en", "zh"}, its `description` English and `zh` the same in Chinese; `labels` names each
    value of an enumeration. A `simple` one (`x-level`) is shown to people who did not ask for all of them; `measure`
    (`x-measure`) names the measurement that can fill it in.
    """
    extra: dict[str, Any] = {"title": _texts(title), "zh": description[1]}
    if labels is not None:
        extra["labels"] = {value: _texts(pair) for value, pair in labels.items()}
    if simple:
        extra["x-level"] = "simple"
    if measure is not None:
        extra["x-measure"] = measure
    return Field(default, description=description[0], json_schema_extra=extra, **bounds)


def _texts(pair: Pair) -> dict[str, str]:
    return {"en": pair[0], "zh": pair[1]}
