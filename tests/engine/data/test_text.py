"""Encodings: what is declared is obeyed, what is not is found out and said, so that a class is called as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.data.dataset_import import check_dataset
from engine.data.text import decode
from tests.fakes.datasets import Shot, put, shots, voc_xml, write_voc, write_yolo
from tests.fakes.reports import codes, only


def one_xml(root: Path, name: str, encoding: str, declared: str) -> Path:
    """A VOC set with one picture whose class is `name`."""
    write_voc(root, [*shots(), Shot("odd")])
    text = voc_xml(Shot("odd", boxes=((name, (1, 2, 30, 40)),)))
    head = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    put(root / "Annotations" / "odd.xml", (head + text).encode(encoding))
    return root


@pytest.mark.parametrize(
    ("name", "encoding", "declared"),
    [
        ("Mülltonne", "latin-1", "ISO-8859-1"),
        ("coração", "cp1252", "windows-1252"),
        ("żółw", "iso8859-2", "ISO-8859-2"),
        ("машина", "koi8-r", "KOI8-R"),
        ("限速", "gb2312", "gb2312"),
        ("車", "shift_jis", "Shift_JIS"),
        ("汽車", "big5", "Big5"),
        ("été", "utf-16", "UTF-16"),
        ("été", "utf-8-sig", ""),
    ],
)
def test_that_a_declared_encoding_is_obeyed(tmp_path: Path, name: str, encoding: str, declared: str) -> None:
    report = check_dataset(one_xml(tmp_path, name, encoding, declared))
    assert name in report.classes
    assert codes(report) == ["class_untrained"] * ("class_untrained" in codes(report))


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("限速", "gbk"), ("安全帽", "gbk"), ("Mülltonne", "latin-1"), ("Straße", "cp1252"), ("машина", "cp1251")],
)
def test_that_an_undeclared_encoding_is_found_out_and_said(tmp_path: Path, name: str, encoding: str) -> None:
    report = check_dataset(one_xml(tmp_path, name, encoding, ""))
    found = only(report, "encoding_guessed")
    assert name in report.classes
    assert (found.file, found.message.args["sample"]) == ("Annotations/odd.xml", name)


def test_that_a_wrong_declaration_is_said(tmp_path: Path) -> None:
    report = check_dataset(one_xml(tmp_path / "a", "Straße", "latin-1", "utf-8"))
    assert "Straße" in report.classes
    assert only(report, "encoding_misdeclared").message.args["declared"] == "utf-8"
    report = check_dataset(one_xml(tmp_path / "b", "Straße", "utf-8", "ISO-8859-1"))
    assert only(report, "encoding_doubtful").severity == "warning"


def test_that_lists_of_classes_are_read_in_their_encoding(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, shots())
    for encoding in ("latin-1", "utf-16", "utf-16-le", "utf-8-sig"):
        put(root / "data.yaml", "names: [Käfer, Brücke, Weg]\n".encode(encoding))
        report = check_dataset(root)
        assert report.classes == ("Käfer", "Brücke", "Weg"), encoding
        assert ("encoding_guessed" in codes(report)) == (encoding == "latin-1")


def test_that_a_text_that_is_no_annotation_is_not_spoken_of(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, shots())
    put(root / "Lies mich.txt", "für alle Fälle".encode("latin-1"))
    assert codes(check_dataset(root)) == []


def test_that_what_no_encoding_holds_is_still_text() -> None:
    for raw in (b"", b"\0", b"\xff", b"\xff\xfe\x00", b"a\x81\x8d\xff\xffb", bytes(range(256))):
        assert isinstance(decode(raw).text, str)
