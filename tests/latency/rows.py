"""Which rows of the published table are used, of which rebuilt network each is, and why the others are left out."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

ERA_OF = {
    **dict.fromkeys(("~2.1", "2.3", "~2.3"), "2.3"),
    **dict.fromkeys(("2.6", "2.6pre"), "2.6"),
    **dict.fromkeys(("~2.8", "2.8-2.9", "2.9", "2.10", "2.10rc"), "2.8-2.10"),
    **dict.fromkeys(("2.11", "2.13"), "2.11-2.13"),
}
OLD_INT8 = ("2.3", "2.6")


@dataclass(frozen=True)
class Row:
    """A published time of a network that is rebuilt: `graph` is its key, `tail` whether boxes are made in that time,
    `whole` the key of what it was pruned from. All that was pruned of one network is one `model`."""

    source: str
    soc: str
    threads: int
    precision: str
    era: str
    ms: float
    graph: str
    size: int
    model: str
    detector: bool
    tail: bool
    gmacs: float | None
    params_m: float | None
    whole: str = ""

    @property
    def family(self) -> str:
        """The network that this is, or that it was pruned from."""
        return self.model.removesuffix(" pruned")


_PRUNED = r"_r578$|_uniform50$"
_SCALED = re.compile(r"(mobilenet_?v[12]|mobilenet_?v3_(?:large|small)|shufflenet_?v2|ghostnet)_x(\d+)_(\d+)")
_PLAIN = {
    "mobilenetv1": "mobilenet_v1_x1.0",
    "mobilenet_v1": "mobilenet_v1_x1.0",
    "mobilenetv1 baseline": "mobilenet_v1_x1.0",
    "mobilenetv1 uniform-50%": "mobilenet_v1_x1.0_uniform50",
    "mobilenetv2": "mobilenet_v2_x1.0",
    "mobilenet_v2": "mobilenet_v2_x1.0",
    "mobilenetv2 -": "mobilenet_v2_x1.0",
    "mobilenetv3large": "mobilenet_v3_large_x1.0",
    "mobilenetv3small": "mobilenet_v3_small_x1.0",
    "shufflenetv2": "shufflenet_v2_x1.0",
    "resnet18": "resnet18",
    "resnet34 -": "resnet34",
    "resnet50": "resnet50",
    "vgg16": "vgg16",
    "pplcnetx10": "lcnet_x1.0",
    "squeezenet_v1.1": "squeezenet1_1",
    "squeezenet1_0": "squeezenet1_0",
    "inceptionv1": "inception_v1",
}
_DETECTORS = {
    "ssdlite_mbv3_large": ("ssdlite_mbv3_large", True),
    "ssdlite_mbv3_small": ("ssdlite_mbv3_small", True),
    "yolov3_mbv3_large": ("yolov3_mbv3", True),
    "yolov3_mbv1": ("yolov3_mbv1", True),
    "yolov3_mbv1_distill_prune578": ("yolov3_mbv1_r578", True),
    "yolov3_mbv1_voc_baseline": ("yolov3_mbv1_voc", True),
    "yolov3_mbv1_voc_r578": ("yolov3_mbv1_voc_r578", True),
    "ssd_mbv1_voc": ("ssd_mbv1_voc", True),
    "picodet-xs_lcnet_nopp": ("picodet_xs", False),
    "picodet-s_lcnet_nopp": ("picodet_s", False),
    "picodet-s_legacy": ("picodet_s_legacy", False),
    "picodet-m_legacy": ("picodet_m_legacy", False),
    "picodet-l_legacy": ("picodet_l_legacy", False),
    "picodet-shufflenetv2 1x_legacy": ("picodet_shufflenet_v2_legacy", False),
    "picodet-mobilenetv3-large 1x_legacy": ("picodet_mobilenet_v3_legacy", False),
    "picodet-lcnet 1.5x_legacy": ("picodet_lcnet_1.5_legacy", False),
    "picodets320coco": ("picodet_s_legacy", False),
    "picodets320cocolcnetnonpostprocess": ("picodet_s", False),
    "picodet_s_192": ("picodet_s_legacy_1class", False),
    "picodet_s_320": ("picodet_s_legacy_1class", False),
}


def read_rows(path: Path) -> tuple[list[Row], list[tuple[str, str]]]:
    """The rows that are used, and (model, reason) of each that is not; only Paddle Lite on ARMv8 cores is looked at."""
    used, left = [], []
    with path.open(encoding="utf-8") as file:
        for entry in csv.DictReader(file):
            if (entry["framework"], entry["abi"], entry["backend"]) != ("PaddleLite", "armv8", "arm"):
                continue
            made = _row(entry)
            if isinstance(made, Row):
                used.append(made)
            else:
                left.append((entry["model"], made))
    return used, left


def _row(entry: dict[str, str]) -> Row | str:
    """The row, or why it is not used."""
    name = re.sub(r"_quant(_aware|_post)?$", "", entry["model"].lower())
    graph, tail = _DETECTORS.get(name) or (_classifier(name), False)
    if why := _unused(entry, graph):
        return why
    return Row(
        source=entry["source"],
        soc=entry["soc"],
        threads=int(entry["threads"]),
        precision=entry["precision"],
        era=ERA_OF[entry["version"]],
        ms=float(entry["ms"]),
        graph=graph,
        size=int(entry["input"] or (320 if "s320" in name else 224)),
        model=re.sub(_PRUNED, " pruned", re.sub(r"_1class|_voc", "", graph)),
        detector=name in _DETECTORS,
        tail=tail,
        gmacs=float(entry["gmacs"]) if entry["gmacs"] else None,
        params_m=float(entry["params_m"]) if entry["params_m"] else None,
        whole=re.sub(_PRUNED, "", graph) if re.search(_PRUNED, graph) else "",
    )


def _classifier(name: str) -> str:
    scaled = _SCALED.fullmatch(name)
    if scaled:
        return re.sub("netv", "net_v", scaled[1]) + f"_x{scaled[2]}.{scaled[3]}"
    return _PLAIN.get(name, "")


def _unused(entry: dict[str, str], graph: str) -> str:
    if re.search("sparsity [78]", entry["note"]) or "sparse" in entry["model"]:
        return "sparse weights"
    if "not stated" in entry["note"] or int(entry["threads"]) > 4:
        return "threads not stated, or more than 4"
    if not graph:
        return "no such network to rebuild for certain"
    if entry["precision"] == "int8" and ERA_OF[entry["version"]] in OLD_INT8:
        return "int8 kernels of before 2.8, which were others"
    if graph == "shufflenet_v2_x1.0" and entry["version"] in ("2.3", "2.6"):
        return "another width than is said"
    return ""


def pairs(rows: list[Row]) -> list[tuple[int, int]]:
    """Places of a whole network's row and of a pruned one's, of one source on one phone."""
    places = {_where(row, row.graph): number for number, row in enumerate(rows)}
    wholes = [(places.get(_where(row, row.whole)), number) for number, row in enumerate(rows) if row.whole]
    return [(whole, number) for whole, number in wholes if whole is not None]


def _where(row: Row, graph: str) -> tuple[object, ...]:
    return graph, row.source, row.size, row.soc, row.threads, row.precision, row.era
