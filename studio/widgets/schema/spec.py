"""A JSON schema read as a list of fields: what each holds, its bounds, and what it is called in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

Schema = Mapping[str, Any]
Texts = dict[str, str]

SIMPLE_FIELDS = 6
"""How many scalar fields Simple shows of a schema that marks none."""


class Kind(Enum):
    """What a field holds, and so how it is edited."""

    RATIO = auto()
    NUMBER = auto()
    INTEGER = auto()
    SWITCH = auto()
    CHOICE = auto()
    LIST = auto()
    TABLE = auto()
    TEXT = auto()
    OTHER = auto()

    @property
    def is_number(self) -> bool:
        """Whether values are numbers."""
        return self in (Kind.RATIO, Kind.NUMBER, Kind.INTEGER)


@dataclass(frozen=True)
class FieldSpec:
    """One field of a form; `low` and `high` hold in the value's own unit, `*_open` when the bound itself is out.

    `items` tells of the elements of a list, or of the values of a table; `least` and `most` bound their number.
    `measure` names what can be measured of a run to fill the field in; such a field is always shown. A field that only
    counts `when` another has a value is shown only then.
    """

    name: str
    kind: Kind
    title: Texts
    help: Texts
    default: Any = None
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    choices: tuple[Any, ...] = ()
    labels: Mapping[str, Texts] = field(default_factory=dict)
    items: FieldSpec | None = None
    least: int = 0
    most: int | None = None
    simple: bool = True
    measure: str = ""
    when: tuple[str, Any] | None = None

    def label(self, choice: object) -> Texts:
        """What one of the choices is called."""
        named = self.labels.get(str(choice))
        return dict(named) if named else both(str(choice).replace("_", " "))

    def admits(self, value: float) -> bool:
        """Whether a number lies within the bounds."""
        above = self.low is None or (value > self.low if self.low_open else value >= self.low)
        below = self.high is None or (value < self.high if self.high_open else value <= self.high)
        return above and below


def both(text: str) -> Texts:
    """The same text for both languages."""
    return {"en": text, "zh": text}


def read_schema(schema: Schema) -> tuple[FieldSpec, ...]:
    """The fields of an object's schema in its order; what is not understood becomes `Kind.OTHER`."""
    definitions = schema.get("$defs", {})
    required = set(schema.get("required", ()))
    raw = {name: _resolved(part, definitions) for name, part in schema.get("properties", {}).items()}
    marked = any("x-level" in part for part in raw.values())
    fields = []
    scalars = 0
    for name, part in raw.items():
        kind = _kind(part)
        scalar = kind not in (Kind.LIST, Kind.TABLE, Kind.OTHER)
        scalars += scalar
        simple = part.get("x-level") == "simple" if marked else scalar and scalars <= SIMPLE_FIELDS
        fields.append(_field(name, part, definitions, simple=simple or name in required))
    return tuple(fields)


def defaults(fields: tuple[FieldSpec, ...]) -> dict[str, Any]:
    """Every field's default by its name."""
    return {spec.name: spec.default for spec in fields}


def implied(fields: tuple[FieldSpec, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """What is meant by a value that only counts when another field has a value, of which nothing is said."""
    told = [spec.when for spec in fields if spec.when is not None and spec.name in values]
    return {name: value for name, value in told if name not in values}


def _resolved(part: Schema, definitions: Schema) -> dict[str, Any]:
    """The schema with its reference followed, and with `null` taken out of its alternatives."""
    found = dict(part)
    while "$ref" in found:
        found = {**definitions.get(str(found.pop("$ref")).rsplit("/", 1)[-1], {}), **found}
    if len(found.get("allOf", ())) == 1:
        found = {**_resolved(found.pop("allOf")[0], definitions), **found}
    options = [option for option in found.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1 and found.get("default") is not None:
        found.pop("anyOf")
        found = {**_resolved(options[0], definitions), **found}
    return found


def _field(name: str, part: dict[str, Any], definitions: Schema, simple: bool = True) -> FieldSpec:
    kind = _kind(part)
    inner = {Kind.LIST: part.get("items"), Kind.TABLE: part.get("additionalProperties")}.get(kind)
    items = _field(name, _resolved(inner, definitions), definitions) if isinstance(inner, Mapping) else None
    low = part.get("minimum", part.get("exclusiveMinimum"))
    high = part.get("maximum", part.get("exclusiveMaximum"))
    return FieldSpec(
        name=name,
        kind=kind,
        title=_title(name, part),
        help=_help(part),
        default=part.get("default"),
        low=low,
        high=high,
        low_open="exclusiveMinimum" in part,
        high_open="exclusiveMaximum" in part,
        choices=_choices(part),
        labels=part.get("labels", {}),
        items=items,
        least=int(part.get("minItems", part.get("minProperties", 0))),
        most=part.get("maxItems", part.get("maxProperties")),
        simple=simple or "x-measure" in part,
        measure=str(part.get("x-measure", "")),
        when=next(iter(part.get("x-when", {}).items()), None),
    )


def _kind(part: Schema) -> Kind:
    if _choices(part):
        return Kind.CHOICE
    match part.get("type"):
        case "boolean":
            return Kind.SWITCH
        case "integer":
            return Kind.INTEGER
        case "number":
            return Kind.RATIO if _is_share(part) else Kind.NUMBER
        case "string":
            return Kind.TEXT
        case "array" if isinstance(part.get("items"), Mapping):
            return Kind.LIST
        case "object" if isinstance(part.get("additionalProperties"), Mapping):
            return Kind.TABLE
    return Kind.OTHER


def _choices(part: Schema) -> tuple[Any, ...]:
    return (part["const"],) if "const" in part else tuple(part.get("enum", ()))


def _is_share(part: Schema) -> bool:
    """Whether the bounds say that it is a part of a whole, to be shown in percent."""
    low = part.get("minimum", part.get("exclusiveMinimum"))
    high = part.get("maximum", part.get("exclusiveMaximum"))
    return low is not None and high is not None and low >= 0 and high <= 1


def _title(name: str, part: Schema) -> Texts:
    title = part.get("title")
    if isinstance(title, Mapping):
        return {language: str(text) for language, text in title.items()}
    plain = str(title or name.replace("_", " ")).replace("_", " ")
    return both(plain[:1].upper() + plain[1:].lower())


def _help(part: Schema) -> Texts:
    text = str(part.get("description", ""))
    return {"en": text, "zh": str(part.get("zh") or text)}
