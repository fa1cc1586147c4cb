"""Ways to break a file: by its bytes, by its lines, and by what stands in it, as JSON or XML."""

from __future__ import annotations

import copy
import json
import math
import random
import re
from collections.abc import Callable
from typing import Any

Mutation = Callable[[bytes, random.Random], bytes]
RAW = "@@raw@@"
"""What stands in a document for text that no value can be written as."""
_RAW_TEXTS = (
    "NaN", "-Infinity", "1e999", "-1e999", "9" * 4000, "0x10", "1_000", "01", "'one'", "undefined", "",
    "[" * 50 + "]" * 50,
    "[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000, "[1,]", '"\\ud800"', '"\\x"', "tru",
)  # fmt: skip
_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 0.5, 1e308, -1e308, 5e-324, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**30,
    "", " ", "0", "1", "-1", "1e5", "nan", "inf", "true", "no", "\ud800", "\x00", "\n", "\u202etxt", "..", "../../etc",
    "/", "/etc/passwd", "C:\\x.png", "a" * 70_000, "{0}", "{path}", "%s", "%2e%2e", "\u5168\u89d2", "\uff11",
    [], {}, [[]], [None], [0], {"": None}, {"a": []}, [1, 2, 3, 4], [1, 2, 3, 4, 5], ["a"], [[1, 2], [3, 4]], [{}],
    [math.pi] * 5000,
)  # fmt: skip
_WORDS = (
    b"\xc2\xb2", b"9" * 5000, b"\xd9\xa3", b"", b" ", b"0", b"-1", b"1", b"2", b"0.5", b"1e999", b"nan", b"inf",
    b"-inf", b"99999999999999999999", b"1_0",
    b"0x1",
    b"1,5", b"\xff\xfe", b"\xef\xbb\xbf", b"\x00", b"null", b"[]", b"{}", b"~", b"no", b"007",
    b"!!python/object/apply:os.system ['x']",
    b"&a [*a]", b"*b", b"- - - -", b"? :", b"'", b'"', b"\t", b"%", b"@", b"\\", b"\xe5\x85\xa8", b".inf",
    b"2024-01-01", b"<<: *x",
)  # fmt: skip
_XML = (
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&lt;", b"&b;", b"&#0;", b"&#x110000;", b"<![CDATA[x]]>", b"<!-- x -->",
    b"<x/>", b"<x>", b"</x>",
    b"<?xml version='1.0' encoding='utf-7'?>", b"<?xml version='1.0' encoding='utf-16'?>", b"<?xml version='1.1'?>",
    b"<a xmlns='u:v'>",
    b"<bndbox><xmin>1</xmin></bndbox>", b"<object/>", b"<polygon><x1>1</x1></polygon>",
    b"<!DOCTYPE l [<!ENTITY a '0123456789'>" + b"".join(
        b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    ) + b"]><annotation>&j;</annotation>",
)  # fmt: skip


def mutate(data: bytes, suffix: str, chance: random.Random) -> bytes:
    """Break a file in one to three ways that fit what it is."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice(_fitting(suffix))(data, chance)
    return data


def _fitting(suffix: str) -> list[Mutation]:
    if suffix in (".json", ".jsonl", ".lock"):
        return [in_json, in_json, in_json, in_json, in_bytes, in_lines, in_encoding]
    if suffix == ".xml":
        return [in_xml, in_xml, in_xml, in_words, in_bytes, in_lines, in_encoding]
    if suffix in (".txt", ".yaml", ".yml", ".csv", ""):
        return [in_words, in_words, in_words, in_bytes, in_lines, in_encoding]
    return [in_bytes, in_head]


def in_bytes(data: bytes, chance: random.Random) -> bytes:
    """Flip, cut, repeat, insert, take out, or wipe."""
    if not data:
        return bytes(chance.randrange(256) for _ in range(chance.randrange(40)))
    at, end = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    some = bytes(chance.randrange(256) for _ in range(chance.choice((1, 2, 4, 60))))
    flipped = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 20))):
        flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    ways = (bytes(flipped), data[:at], data[at:], data[:at] + data[end:], data[:end] + data[at:], data * 2, b"")
    more = (
        data[:at] + some + data[at:],
        data[:at] + b"\0" * (end - at) + data[end:],
        data[:at] + some + data[at + len(some) :],
    )
    return chance.choice(ways + more)


def in_head(data: bytes, chance: random.Random) -> bytes:
    """Change some of the first bytes, where lengths and sizes stand."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 2, 4, 8))):
        if changed:
            changed[chance.randrange(min(len(changed), 120))] = chance.choice(
                (0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256))
            )
    return bytes(changed)


def in_lines(data: bytes, chance: random.Random) -> bytes:
    """Repeat, take out, swap or join lines, or end them otherwise."""
    lines = data.split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    way = chance.randrange(6)
    if way == 0:
        lines[at:at] = [lines[at]] * chance.choice((1, 2, 500))
    elif way == 1:
        del lines[at]
    elif way == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif way == 3:
        lines[at] += b" " + lines[other]
    elif way == 4:
        return b"\r\n".join(lines)
    else:
        return b"\r".join(lines)
    return b"\n".join(lines)


def in_words(data: bytes, chance: random.Random) -> bytes:
    """Replace, repeat or add words and numbers."""
    parts = re.split(rb"([ \t\n,:<>]+)", data)
    for _ in range(chance.choice((1, 1, 2, 6))):
        at = chance.randrange(len(parts))
        word = chance.choice((chance.choice(_WORDS), parts[chance.randrange(len(parts))]))
        parts[at] = chance.choice((word, parts[at] + b" " + word, word + parts[at], parts[at] * 2))
    return b"".join(parts)


def in_encoding(data: bytes, chance: random.Random) -> bytes:
    """The same text in another encoding, with or without a mark of its order of bytes, or with letters of another."""
    text = data.decode("utf-8", "replace")
    if chance.random() < 0.4:
        return chance.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0")) + data
    if chance.random() < 0.5:
        text = text.replace(
            chance.choice("aeot"), chance.choice(("\u00e9", "\u8f66", "\u0130", "\U0001f600", "\u00df")), 3
        )
    name = chance.choice(
        ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "gb18030", "shift_jis", "utf-7", "cp1251")
    )
    return text.encode(name, "replace")


def in_xml(data: bytes, chance: random.Random) -> bytes:
    """Change what stands between tags, or tags themselves."""
    pieces = re.split(rb"(<[^<>]*>)", data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(pieces))
        tag = pieces[at].startswith(b"<")
        way = chance.randrange(6)
        if way == 0 and not tag:
            pieces[at] = chance.choice(_WORDS).replace(b"<", b"")
        elif way == 1:
            pieces[at] = b""
        elif way == 2:
            end = min(len(pieces), at + chance.randrange(1, 30))
            pieces[at:at] = pieces[at:end] * chance.choice((1, 1, 3))
        elif way == 3 and tag:
            pieces[at] = re.sub(
                rb'"[^"]*"', b'"' + chance.choice(_WORDS).replace(b'"', b"") + b'"', pieces[at], count=1
            )
        elif way == 4:
            pieces[at] = chance.choice((b"<a>" * 50, b"<a>" * 60_000 + b"</a>" * 60_000))
        else:
            pieces[at] = chance.choice(_XML) + pieces[at]
    return b"".join(pieces)


def in_json(data: bytes, chance: random.Random) -> bytes:
    """Change values and keys of a document; of a stream of them, one line."""
    lines = data.split(b"\n")
    single = len(lines) < 2 or lines[0].strip() in (b"{", b"[")
    at = 0 if single else chance.randrange(len(lines))
    try:
        document = json.loads(data if single else lines[at])
    except (ValueError, RecursionError):
        return in_bytes(data, chance)
    for _ in range(chance.choice((1, 1, 2, 4))):
        document = _changed(document, chance)
    try:
        text = json.dumps(document)
    except (ValueError, RecursionError):
        return in_bytes(data, chance)
    text = text.replace(json.dumps(RAW), chance.choice(_RAW_TEXTS))
    if single:
        return text.encode()
    lines[at] = text.encode()
    return b"\n".join(lines)


def _changed(document: Any, chance: random.Random) -> Any:
    """A copy of a document with one thing changed at a random place."""
    holders: list[Any] = []
    whole = [copy.deepcopy(document)]
    waiting: list[Any] = [whole]
    while waiting:
        holder = waiting.pop()
        holders.append(holder)
        inside = holder.values() if isinstance(holder, dict) else holder
        waiting += [value for value in inside if isinstance(value, dict | list) and value]
    holder = chance.choice(holders)
    key: Any = chance.choice(list(holder)) if isinstance(holder, dict) else chance.randrange(len(holder))
    way = chance.randrange(6)
    if way == 0 and holder is not whole:
        del holder[key]
    elif way == 1 and isinstance(holder, list) and holder is not whole:
        holder[key:key] = [copy.deepcopy(holder[key])] * chance.choice((1, 2, 50))
    elif way == 1 and isinstance(holder, dict):
        holder[str(chance.choice(_ODD))[:80]] = holder.pop(key)
    elif way == 2:
        holder[key] = RAW
    elif way == 3 and isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
        value = holder[key]
        shifted = value + 0.5 if isinstance(value, float) or abs(value) < 2**53 else value + 1
        scaled = value * 1e6 if isinstance(value, float) or abs(value) < 2**53 else value * 10**6
        holder[key] = chance.choice((str(value), -value, scaled, [value], shifted))
    elif way == 4:
        holder[key] = {"x": holder[key]} if chance.random() < 0.5 else [holder[key]]
    else:
        holder[key] = copy.deepcopy(chance.choice(_ODD))
    return whole[0] if whole else None
