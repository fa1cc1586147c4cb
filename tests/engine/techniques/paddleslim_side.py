"""PaddleSlim's FPGM pruner on YOLOv3's neck and head, the yardstick for ours."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import Any

from engine.detector.base.runtime import prepare
from engine.detector.base.spec import Config

prepare()

import paddle  # noqa: E402


class NeckAndHead(paddle.nn.Layer):  # type: ignore[misc]
    """From the backbone's maps on: PaddleSlim's analysis of a whole detector takes most of a minute."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.neck, self.yolo_head = network.neck, network.yolo_head

    def forward(self, fine: Any, middle: Any, coarse: Any) -> Any:
        """Raw head outputs for the maps of stride 8, 16 and 32."""
        return self.yolo_head(self.neck([fine, middle, coarse]))


def fpgm_pruner(network: Any, config: Config) -> Any:
    """PaddleSlim's pruner on the network's neck and head; the network goes to evaluation mode."""
    warnings.simplefilter("ignore", DeprecationWarning)  # np.product, a thousand times
    from paddleslim.dygraph.prune.fpgm_pruner import FPGMFilterPruner

    for name in list(logging.root.manager.loggerDict):
        if name.startswith("paddleslim"):
            logging.getLogger(name).setLevel(logging.ERROR)
    network.eval()
    size = config["size"]
    maps = network.backbone({"image": paddle.zeros([1, 3, size, size])})
    return FPGMFilterPruner(NeckAndHead(network), [paddle.zeros(one.shape) for one in maps])


def prune(pruner: Any, network: Any, ratios: Mapping[str, float]) -> None:
    """Cut the groups by PaddleSlim in place."""
    labels = {name: parameter.name for name, parameter in network.named_parameters()}
    pruner.prune_vars({labels[f"{group}.weight"]: ratio for group, ratio in ratios.items()}, axis=0)
