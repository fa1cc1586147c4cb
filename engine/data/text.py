"""Text from the bytes of annotation files: by its mark or its declared encoding, else as UTF-8, else as found out.

What was found out is said, since it may be wrong: a class called Straße or Mülltonne is what its bytes are taken for.
"""

from __future__ import annotations

import codecs
import logging
import re
from dataclasses import dataclass
from typing import Literal

How = Literal["declared", "doubtful", "guessed", "misdeclared"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z][\w.:-]*)[\"']")
# What is declared by the older name holds letters of the newer one too; browsers read them alike.
_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-1": "cp1252",
    "ascii": "utf-8",
}
_EVIDENCE = 1 << 14
_PAIRED = ("gb18030", "cp949", "big5", "euc_jp", "cp932", "cp1251", "koi8_r")
_CYRILLIC = ("cp1251", "koi8_r")
_SINGLE = ("cp1252", "cp1250", "cp1251")
_ALL = ("gb18030", "big5", "cp932", "cp949", "euc_jp", "cp1252", "cp1251", "cp1250", "koi8_r")
_HIGH = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True)
class Decoded:
    """A text, the encoding that it was read by, and how that is known; None where it goes without saying."""

    text: str
    encoding: str
    how: How | None = None
    declared: str = ""


def decode(raw: bytes, likely: str = "") -> Decoded:
    """The text of `raw`; `likely` is what was found out for a neighbour, and holds here if it can."""
    if raw.isascii() and b"\0" not in raw and not _declared(raw):
        return Decoded(raw.decode("ascii"), "utf-8")
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return Decoded(raw.decode(encoding, errors="replace"), encoding)
    if raw[:400].count(b"\0") * 4 >= len(raw[:400]) > 0:
        raw, wide = raw[: len(raw) // 2 * 2], "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"
        return Decoded(raw.decode(wide, errors="replace"), wide)
    declared = _declared(raw)
    if declared:
        text = _strictly(raw, _known(declared))
        if text is not None:
            # Letters of another encoding are UTF-8 by chance hardly ever: obeyed all the same, and said.
            doubtful = _known(declared) != "utf-8" and not raw.isascii() and _strictly(raw, "utf-8") is not None
            return Decoded(text, _known(declared), "doubtful" if doubtful else "declared", declared)
    text = _strictly(raw, "utf-8")
    if text is not None:
        return Decoded(text, "utf-8", "misdeclared" if declared else None, declared)
    encoding = likely if likely in _candidates(raw) and _strictly(raw, likely) is not None else find_out(raw)
    how: How = "misdeclared" if declared else "guessed"
    return Decoded(raw.decode(encoding, errors="replace"), encoding, how, declared)


def find_out(raw: bytes) -> str:
    """The encoding of bytes that are not UTF-8: what charset-normalizer finds least messy of what they can be."""
    from charset_normalizer import from_bytes

    lines = b"\n".join(line for line in raw.splitlines() if _HIGH.search(line))[:_EVIDENCE]
    candidates = _candidates(lines)
    if "gb18030" in candidates and _everyday_chinese(lines):
        return "gb18030"
    logging.getLogger("charset_normalizer").setLevel(logging.ERROR)
    matches = list(from_bytes(lines, cp_isolation=list(candidates), enable_fallback=False))
    least = min((match.chaos for match in matches), default=0.0)
    # A few letters are equally good text in several encodings: then the one that is met more often.
    alike = {name for match in matches if match.chaos <= least for name in (match.encoding, *_others(match))}
    fitting = [name for name in candidates if _strictly(raw, name) is not None]
    return next((name for name in fitting if name in alike), next(iter(fitting), "gb18030"))


def _others(match: object) -> list[str]:
    return list(getattr(match, "could_be_from_charset", []))


def _declared(raw: bytes) -> str:
    found = _DECLARATION.match(raw[:300]) if b"<?xml" in raw[:300] else None
    return found.group(1).decode("ascii") if found else ""


def _known(declared: str) -> str:
    """The codec of a declared name; empty when there is none of that name."""
    try:
        name = codecs.lookup(declared).name
    except LookupError:
        return ""
    return _WIDER.get(name, name)


def _strictly(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding) if encoding else None
    except (UnicodeError, LookupError):
        # Five bytes mean nothing in Windows' Latin-1, and control signs in ISO's.
        return raw.decode("latin-1") if encoding == "cp1252" else None


def _candidates(raw: bytes) -> tuple[str, ...]:
    """Letters of an alphabet stand alone among ASCII, those of the East are pairs of high bytes mostly.

    Words of bytes from E0 on are small letters of Windows' Cyrillic; only rare characters of the East have such.
    """
    found = list(_HIGH.finditer(raw[: 1 << 16]))
    inside = sum(raw[run.start() - 1 : run.start()].isalpha() for run in found)
    lengths = [run.end() - run.start() for run in found]
    if all(length == 1 for length in lengths) or inside * 2 > len(found):
        return _SINGLE
    high = [byte for run in found for byte in run.group()]
    if sum(byte >= 0xE0 for byte in high) >= 0.8 * len(high) and min(high, default=0) >= 0xC0:
        return _CYRILLIC
    return _PAIRED if all(length % 2 == 0 for length in lengths) else _ALL


def _everyday_chinese(lines: bytes) -> bool:
    """Whether most pairs are characters of GB 2312's first level, sorted by use into the lead bytes B0 to D7."""
    runs = _HIGH.findall(lines)
    if any(len(run) % 2 for run in runs):
        return False
    pairs = [(run[n], run[n + 1]) for run in runs for n in range(0, len(run), 2)]
    everyday = sum(0xB0 <= lead <= 0xD7 and trail >= 0xA1 for lead, trail in pairs)
    whole = all(0xA1 <= lead <= 0xF7 and trail >= 0xA1 for lead, trail in pairs)
    return bool(pairs) and whole and everyday >= 0.75 * len(pairs)
