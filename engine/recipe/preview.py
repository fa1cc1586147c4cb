"""Figures of a graph, and the graph of a configuration: no Paddle in this process, no training."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.contract.device.wheel import package_versions
from engine.contract.figures import LITE, Conditions, Figure, FigureName
from engine.contract.system.environment import engine_environment
from engine.contract.system.folders import cache_folder
from engine.contract.text.messages import JobFailed
from engine.contract.text.resources import ROOT
from engine.graph.count import conv_macs, macs, params, roi_count
from engine.graph.graph import FORMAT, Graph
from engine.graph.size import nb_size

_TIME_LIMIT_S = 300


def graph_figures(graph: Graph, int8: set[str] | None = None, spare: int = 0) -> list[Figure]:
    """Multiply-accumulates and parameters of a graph, exact, and the size of its `.nb`, estimated.

    A box head counts as often as there are regions at most, which is the condition `rois`.
    The size is that in fp32, and in int8 too where the convolutions that are so are named; `spare` are the bytes by
    which that may grow for convolutions that are yet to be found and kept in float.
    """
    height, width = graph.size
    conditions = Conditions(input=f"{height}x{width}")
    figures = [
        Figure(name=name, value=value, unit=unit, source="computed", conditions=conditions)
        for name, value, unit in _counts(graph)
    ]
    figures[0] = figures[0].model_copy(update={"conditions": conditions.model_copy(update={"rois": roi_count(graph)})})
    figures.append(_nb_figure(graph, set(), "fp32"))
    if int8 is not None:
        figures.append(_nb_figure(graph, int8, "int8", spare))
    return figures


@lru_cache(maxsize=16)
def _counts(graph: Graph) -> tuple[tuple[FigureName, int, str], ...]:
    # Kept, for most steps of a recipe leave the graph as it is.
    return (
        ("macs", macs(graph), "MACs"),
        ("conv_macs", conv_macs(graph), "MACs"),
        ("params", params(graph), "parameters"),
    )


def _nb_figure(graph: Graph, int8: set[str], precision: str, spare: int = 0) -> Figure:
    size = nb_size(graph, int8, spare)
    height, width = graph.size
    conditions = Conditions(runtime=LITE, precision=precision, input=f"{height}x{width}")
    bounds = {"low": size.low, "high": size.high}
    return Figure(name="nb_bytes", value=size.value, unit="bytes", source="estimated", conditions=conditions, **bounds)


def traced_graph(config: dict[str, Any], cache_dir: Path | None = None) -> Graph:
    """The graph of a configuration, from the cache or built and traced by a child process.

    `cache_dir` defaults to `espalier/graphs` in the user's cache. Raises JobFailed when it cannot be built.
    """
    text = json.dumps(config, sort_keys=True)
    file = (cache_dir or cache_folder() / "graphs") / f"{_key(text)}.json"
    if not file.is_file():
        _trace_in_child(text, file)
    try:
        return Graph.from_json(file.read_text(encoding="utf-8"))
    except (ValueError, KeyError):
        # The cache is only a cache: what cannot be read is made again.
        _trace_in_child(text, file)
        return Graph.from_json(file.read_text(encoding="utf-8"))


_TRACED_BY = ("families/build", "families/picodet", "families/raw", "network/trace")
"""What decides how a network is traced: with another one of these a kept graph is not used."""


def _key(text: str) -> str:
    versions = package_versions(("paddlepaddle", "paddledet")).values()
    sources = [(ROOT / "engine" / "detector" / f"{name}.py").read_bytes() for name in _TRACED_BY]
    digest = hashlib.sha256(json.dumps([FORMAT, *versions, text]).encode())
    for source in sources:
        digest.update(source)
    return digest.hexdigest()[:32]


def _trace_in_child(text: str, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "engine.detector.network.trace_child", str(file)],
            input=text,
            capture_output=True,
            text=True,
            env=engine_environment(),
            timeout=_TIME_LIMIT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise JobFailed("graph.trace_timeout", seconds=_TIME_LIMIT_S) from error
    if done.returncode or not file.is_file():
        lines = done.stderr.strip().splitlines()
        raise JobFailed("graph.trace_failed", status=done.returncode, reason=lines[-1][:300] if lines else "-")
