from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.contract.figures import pick
from engine.contract.text.messages import JobFailed
from engine.contract.text.resources import ROOT
from engine.detector.base.spec import resolve
from engine.detector.network.counts import count_by_hooks
from engine.recipe import preview
from engine.techniques.filter_prune import FilterPrune
from tests.engine.small_detectors import choice_of, fresh, graph_of

KEY = "ssdlite_mobilenet_v3_small"


def test_figures_are_computed_for_the_stated_input() -> None:
    graph = graph_of(KEY)
    figures = preview.preview(graph, [])
    counts = count_by_hooks(*fresh(KEY))
    assert [figure.name for figure in figures] == ["macs", "conv_macs", "params", "nb_bytes"]
    assert [figure.value for figure in figures[:3]] == list(counts)
    assert [figure.source for figure in figures] == ["computed"] * 3 + ["estimated"]
    assert {figure.conditions.input for figure in figures} == {"96x96"}


def test_techniques_act_in_order() -> None:
    graph = graph_of(KEY)
    half = FilterPrune({"ratio": 0.5})
    once, twice = (preview.preview(graph, [half] * times) for times in (1, 2))
    expected = preview.preview(half.estimate(half.estimate(graph)), [])
    assert twice == expected
    values = [pick(figures, "params") for figures in (twice, once, preview.preview(graph, []))]
    assert sorted(figure.value for figure in values if figure) == [figure.value for figure in values if figure]


def test_child_traces_once_and_the_cache_answers_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = preview.graph_of(choice_of(KEY), (), tmp_path)
    assert dataclasses.asdict(graph) == dataclasses.asdict(graph_of(KEY))
    (cached,) = tmp_path.iterdir()

    asked: list[str] = []
    monkeypatch.setattr(preview, "_trace_in_child", lambda text, file: asked.append(text))
    assert dataclasses.asdict(preview.graph_of(choice_of(KEY), (), tmp_path)) == dataclasses.asdict(graph)
    assert asked == []
    with pytest.raises(FileNotFoundError):
        preview.graph_of(choice_of(KEY, size=128), (), tmp_path)
    assert len(asked) == 1

    def write(text: str, file: Path) -> None:
        file.write_text(graph.to_json())

    cached.write_text('{"format": 1')
    monkeypatch.setattr(preview, "_trace_in_child", write)
    assert preview.graph_of(choice_of(KEY), (), tmp_path).tensors == graph.tensors


def test_what_a_technique_configures_is_traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Widen(FilterPrune):
        key = "widen"

        def configure(self, config: dict[str, Any]) -> None:
            config["backbone"]["scale"] = 0.5

    seen: list[str] = []

    def write(text: str, file: Path) -> None:
        seen.append(text)
        file.write_text(graph_of(KEY).to_json())

    monkeypatch.setattr(preview, "_trace_in_child", write)
    preview.graph_of(choice_of(KEY), (), tmp_path)
    preview.graph_of(choice_of(KEY), [Widen({})], tmp_path)
    assert ['"scale": 0.5' in text for text in seen] == [False, True]


def test_configuration_that_cannot_be_built_fails_in_words(tmp_path: Path) -> None:
    config = resolve(choice_of(KEY))
    config["backbone"]["model_name"] = "medium"
    with pytest.raises(JobFailed) as error:
        preview.traced_graph(config, tmp_path)
    assert error.value.message.code == "graph.trace_failed"
    assert "medium" in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_previewing_a_cached_graph_loads_neither_paddle_nor_numpy(tmp_path: Path) -> None:
    cached = tmp_path / "graph.json"
    cached.write_text(graph_of(KEY).to_json())
    code = (
        "import sys; from pathlib import Path; from engine.graph.graph import Graph;"
        "from engine.recipe.preview import preview; from engine.techniques.filter_prune import FilterPrune;"
        f"preview(Graph.from_json(Path({str(cached)!r}).read_text()), [FilterPrune({{}})]);"
        "sys.exit(bool({'paddle', 'cv2', 'numpy', 'ppdet'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
