from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from engine.contract.text.messages import JobFailed
from engine.contract.text.resources import ROOT
from engine.detector.base.spec import resolve
from engine.detector.network.counts import count_by_hooks
from engine.recipe import preview
from tests.engine.small_detectors import choice_of, fresh, graph_of

KEY = "ssdlite_mobilenet_v3_small"


def test_figures_are_computed_for_the_stated_input() -> None:
    figures = preview.graph_figures(graph_of(KEY))
    counts = count_by_hooks(*fresh(KEY))
    assert [figure.name for figure in figures] == ["macs", "conv_macs", "params", "nb_bytes"]
    assert [figure.value for figure in figures[:3]] == list(counts)
    assert [figure.source for figure in figures] == ["computed"] * 3 + ["estimated"]
    assert {figure.conditions.input for figure in figures} == {"96x96"}


def test_child_traces_once_and_the_cache_answers_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = preview.traced_graph(resolve(choice_of(KEY)), tmp_path)
    assert dataclasses.asdict(graph) == dataclasses.asdict(graph_of(KEY))
    (cached,) = tmp_path.iterdir()

    asked: list[str] = []
    monkeypatch.setattr(preview, "_trace_in_child", lambda text, file: asked.append(text))
    assert dataclasses.asdict(preview.traced_graph(resolve(choice_of(KEY)), tmp_path)) == dataclasses.asdict(graph)
    assert asked == []
    with pytest.raises(FileNotFoundError):
        preview.traced_graph(resolve(choice_of(KEY, size=128)), tmp_path)
    assert len(asked) == 1

    def write(text: str, file: Path) -> None:
        file.write_text(graph.to_json())

    cached.write_text('{"format": 1')
    monkeypatch.setattr(preview, "_trace_in_child", write)
    assert preview.traced_graph(resolve(choice_of(KEY)), tmp_path).tensors == graph.tensors


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
        "from engine.recipe.preview import graph_figures; from engine.techniques.filter_prune import FilterPrune;"
        f"graph_figures(FilterPrune({{}}).estimate(Graph.from_json(Path({str(cached)!r}).read_text())));"
        "sys.exit(bool({'paddle', 'cv2', 'numpy', 'ppdet'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
