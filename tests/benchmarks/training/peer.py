"""PaddleDetection's own Trainer as installed, reader included: its configuration is made of ours."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.benchmarks.training.clock import Clock

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
_HEADS = {"SSD": "ssd_head", "YOLOv3": "yolo_head", "PicoDet": "head"}
WORKERS = 2
"""Processes of its reader, as in its own configurations of these detectors for a small machine."""


def write_configuration(path: Path, network: Mapping[str, Any], data: Path, batch: int) -> Path:
    """The detector `network` of ours, as ppdet reads it: a section for each class, named where it is used."""
    document = {
        **dict.fromkeys(("use_gpu", "use_xpu", "use_mlu", "use_npu", "print_flops", "print_params"), False),
        "log_iter": 1000, "save_dir": str(path.parent), "snapshot_epoch": 1000, "epoch": 1, "metric": "COCO",
        "num_classes": network["num_classes"], "architecture": network["type"], "worker_num": WORKERS, "weights": "",
        "TrainDataset": _Tagged("COCODataSet", {
            "image_dir": "images/train", "anno_path": "annotations/instances_train.json", "dataset_dir": str(data),
            "data_fields": ["image", "gt_bbox", "gt_class", "is_crowd"],
        }),
        "TrainReader": _reader(network, batch),
        "TestReader": {"sample_transforms": [], "batch_size": 1},
        "LearningRate": {
            "base_lr": 1e-4, "schedulers": [{"name": "CosineDecay", "max_epochs": 100, "use_warmup": False}],
        },
        "OptimizerBuilder": {
            "clip_grad_by_norm": 35.0, "optimizer": {"type": "Adam"}, "regularizer": {"type": "L2", "factor": 0.0005},
        },
        **dict(_sections(network)),
    }  # fmt: skip
    path.write_text(yaml.dump(document, Dumper=_Dumper, sort_keys=False), encoding="utf-8")
    return path


class _Tagged:
    """A value that yaml tells apart by the name of its class, as ppdet's files do."""

    def __init__(self, tag: str, values: dict[str, Any]) -> None:
        self.tag, self.values = tag, values


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(_Tagged, lambda dumper, value: dumper.represent_mapping(f"!{value.tag}", value.values))


def _sections(network: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The network's own section with its parts by name, then a section for each part and for each part of those."""
    parts = {name: value for name, value in network.items() if isinstance(value, dict)}
    named = {_HEADS[network["type"]] if name == "head" else name: value["type"] for name, value in parts.items()}
    yield network["type"], named
    for part in parts.values():
        yield from _section(part)


def _section(part: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    arguments: dict[str, Any] = {}
    for name, value in part.items():
        if isinstance(value, dict) and "type" in value:
            yield from _section(value)
            arguments[name] = value["type"]
        elif name != "type":
            arguments[name] = {**value} if isinstance(value, dict) else value
    yield part["type"], arguments


def _reader(network: Mapping[str, Any], batch: int) -> dict[str, Any]:
    """What its configurations do to a picture, at one size, with boxes as its loss wants them."""
    size, family = network["size"], network["family"]
    resize: dict[str, Any] = {"target_size": [size, size], "keep_ratio": False, "interp": 1}
    normal: list[dict[str, Any]] = [{"NormalizeImage": {"mean": MEAN, "std": STD, "is_scale": True}}, {"Permute": {}}]
    boxes: list[dict[str, Any]] = []
    if family != "picodet":
        boxes.append({"NormalizeBox": {}})
    if family == "yolov3":
        boxes.append({"BboxXYXY2XYWH": {}})
    if family != "picodet":
        boxes.append({"PadBox": {"num_max_boxes": 90}})
    last: list[dict[str, Any]] = [{"PadGT": {}}] if family == "picodet" else []
    if family == "yolov3":
        head = network["head"]
        targets = {"anchors": head["anchors"], "anchor_masks": head["anchor_masks"], "downsample_ratios": [32, 16, 8]}
        last.append({"Gt2YoloTarget": {**targets, "num_classes": network["num_classes"]}})
    shape = [
        {"Decode": {}}, {"RandomDistort": {}}, {"RandomExpand": {"fill_value": [255 * mean for mean in MEAN]}},
        {"RandomCrop": {}}, {"RandomFlip": {}}, {"Resize": resize},
    ]  # fmt: skip
    return {
        "sample_transforms": [*shape, *boxes, *normal], "batch_transforms": last, "batch_size": batch, "shuffle": True,
        "drop_last": True, "use_shared_memory": False, "collate_batch": family != "picodet" or bool(last),
    }  # fmt: skip


def main(configuration: str) -> None:
    """Train one epoch by ppdet, and print the seconds of the clock and of the processor from step to step."""
    import paddle
    from ppdet.core.workspace import load_config
    from ppdet.engine import Trainer
    from ppdet.engine.callbacks import Callback

    clock = Clock()

    class Steps(Callback):  # type: ignore[misc]  # ppdet is untyped
        def on_step_end(self, status: Any) -> None:
            clock.tick()

    paddle.set_device("cpu")
    trainer = Trainer(load_config(configuration), mode="train")
    trainer.register_callbacks([Steps(trainer)])
    trainer.train()
    clock.tell()


if __name__ == "__main__":
    main(sys.argv[1])
