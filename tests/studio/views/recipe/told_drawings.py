"""What the engine would answer to cards that draw, without an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.contract.text.messages import Message
from studio.stores.previews.drawings import DrawingStore

RATES = {
    "curves": [
        {"label": "compress", "epochs": 2, "steps_per_epoch": 10, "steps": [0, 10, 19], "rates": [0.0, 0.01, 0.001]},
        {"label": "quant_aware", "epochs": 1, "steps_per_epoch": 10, "steps": [0, 9], "rates": [0.001, 0.0]},
    ]
}
CHANNELS = {
    "layers": [
        {"layer": "backbone.conv1.conv", "channels": 16, "kept": 8, "group": "a"},
        {"layer": "backbone.conv2.conv", "channels": 64, "kept": 64, "group": "b"},
        {"layer": "ssd_head.boxes.conv", "channels": 24, "kept": 24, "group": "c", "locked": "graph.output"},
    ]
}
PRECISION = {
    "layers": [
        {"layer": "backbone.conv1.conv", "macs": 100, "kept_float": "first", "error": 0.5},
        {"layer": "ssd_head.boxes.conv", "macs": 300, "error": 0.02, "clip": 0.25, "largest": 8.0},
    ],
    "measurable": True,
    "errors": {"pictures": 16, "at": 1e9},
    "worst": {"limit": 0.02, "bytes": 120_000, "known": False},
}
KNOWN = {
    "layers": [
        {"layer": "backbone.conv1.conv", "macs": 100, "kept_float": "worst", "error": 0.5},
        {"layer": "ssd_head.boxes.conv", "macs": 300, "error": 0.02},
    ],
    "errors": {"pictures": 16, "at": 1e9},
    "worst": {"limit": 0.02, "bytes": 120_000, "known": True},
}
LOSSES = {
    "errors": [0.0, 0.1, 2.0],
    "curves": [
        {"name": "balanced_l1", "loss": [0.0, 0.2, 2.0], "slope": [0.0, 0.54, 1.5]},
        {"name": "smooth_l1", "loss": [0.0, 0.1, 1.0], "slope": [0.0, 0.1, 1.0]},
        {"name": "l1", "loss": [0.0, 0.1, 2.0], "slope": [0.0, 1.0, 1.0]},
    ],
}
ANSWERS: dict[str, dict[str, Any]] = {
    "rates": RATES, "channels": CHANNELS, "precision": PRECISION, "losses": LOSSES,
}  # fmt: skip


@dataclass
class Asked:
    """What cards asked, and what they are answered."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    forgotten: int = 0
    answers: dict[str, dict[str, Any] | Message] = field(default_factory=lambda: dict(ANSWERS))

    def ask(self, _: DrawingStore, key: str, request: dict[str, Any], heavy: bool, receive: Callable[..., Any]) -> None:
        self.requests.append(request)
        answer = self.answers.get(request.get("drawing", request["what"]))
        if answer is not None:
            receive(answer)

    def forget(self, _: DrawingStore, key: str, heavy: bool) -> None:
        self.forgotten += 1
