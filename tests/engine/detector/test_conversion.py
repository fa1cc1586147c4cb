"""Saving a program converts each method once, and the program is the same."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from tests.engine.small_detectors import fresh


def test_that_a_method_is_converted_once_into_the_same_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from paddle.jit.dy2static.program_translator import FunctionCache

    from engine.detector.network import conversion, program
    from engine.detector.network.saved_program import opened

    plain, converted = FunctionCache._convert, []

    def counted(cache: FunctionCache, function: Any) -> Any:
        converted.append(getattr(function, "__func__", function))
        return plain(cache, function)

    monkeypatch.setattr(FunctionCache, "_convert", counted)
    counts, programs = [], []
    for way in (conversion.each_method_once, contextlib.nullcontext):
        monkeypatch.setattr(program, "each_method_once", way)
        converted.clear()
        folder = program.save_program(*fresh("ssdlite_mobilenet_v3_small"), tmp_path / way.__name__)
        counts.append((len(converted), len(set(converted))))
        with opened(folder) as saved:
            programs.append([op.type for op in saved.block.ops])
    (ours, methods), (theirs, _) = counts
    assert ours == methods < theirs / 2
    assert programs[0] == programs[1]
    assert FunctionCache._convert is counted
