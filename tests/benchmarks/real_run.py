"""The real run: one data set from import to int8, with a control and an ablation, in one resumable command.

    .venv/bin/python -m tests.benchmarks.real_run --data BCCD --weights BACKBONE.pdparams --dir WORK [--size 160]

Does what a user would do with the command line, skips what is finished, resumes what was interrupted. Everything is
chosen on val; test is used once, at the end. Writes WORK/report.json and prints the table.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from engine.cli.output import print_table
from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder
from engine.contract.run.lineage import recipe_of, resumable

KEY = "yolov3_mobilenet_v3_large"
QUANTISED = ("yolo-phone-obs", "yolo-phone")
COMPARED = ("base", "yolo-phone-obs-compress")
POST = "obs-post"
HURT = 0.02
"""A convolution that moves the head's outputs by more of what they are, alone in int8, stays float."""
PRESETS = ("head70", "head86")
NETWORK = "host_ms_network"


class RealRun:
    """The steps in order; each knows by the runs in the project whether it is done."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.folder = ProjectFolder(args.dir / "project")
        self.extra = args.recovery + args.quantise
        made = (f"{recipe}-{job}" for recipe in args.recipes for job in ("compress", "quant-aware"))
        self.labels = ("base", "control", *made, f"{POST}-quant-post", "no-distil-compress")

    def run(self) -> None:
        """All steps, then the table."""
        if not self.folder.file.exists():
            data = ["--data", str(self.args.data), "--detector", KEY, "--size", str(self.args.size), "--fit-anchors"]
            self.espalier("new", str(self.folder.root), *data)
        common = ["--set", "batch_size=8", "--set", "learning_rate=0.001", "--set", "ema=0.99"]
        stop = ["--set", "stop_after=5"]
        start = ["--from", str(self.args.weights)]
        self.train("start", *start, *common, *stop, "--epochs", str(self.args.epochs))
        self.train("base", "--from", self.name("start"), *common, "--epochs", str(self.args.anneal))
        self.train("control", "--from", self.name("base"), *common, "--epochs", str(self.extra))
        self.compress("yolo-phone-obs", self.recipe("yolo-phone-obs"))
        pruned = self.name("yolo-phone-obs-compress")
        self.compress(POST, self.delicate(pruned), pruned)
        self.compress("no-distil", self.recipe("yolo-phone", without=("distill", "quant_aware"), name="no-distil"))
        if "yolo-phone" in self.args.recipes:
            self.compress("yolo-phone", self.recipe("yolo-phone"))
        for preset in PRESETS:
            self.compress(preset, self.cut(preset))
        self.report()

    def recipe(self, key: str, *, without: tuple[str, ...] = (), name: str = "") -> Path:
        """A built-in recipe with this run's epochs; `without` leaves techniques out, for an ablation."""
        from engine.contract.recipe import find_recipe

        document = find_recipe(key).model_dump(mode="json")
        document["name"] = name or key
        lengths = {"filter_prune": self.args.recovery, "distill": self.args.recovery, "quant_aware": self.args.quantise}
        document["steps"] = [step for step in document["steps"] if step["technique"] not in without]
        for step in document["steps"]:
            if step["technique"] in lengths:
                step["params"]["epochs"] = lengths[step["technique"]]
        file = Path(self.args.dir / f"{document['name']}.json")
        file.write_text(json.dumps(document), encoding="utf-8")
        return file

    def cut(self, preset: str) -> Path:
        """A recipe that only prunes, for speed on trained weights: no training afterwards."""
        return self.written(preset, [{"technique": "filter_prune", "params": {"preset": preset, "epochs": 0}}])

    def delicate(self, run: str) -> Path:
        """Post-training quantisation that keeps in float what int8 would hurt most, measured on training pictures."""
        file = Path(self.args.dir / f"{POST}.json")
        if not file.exists():
            words = ("--int8", "--above", str(HURT), "--step", "quant_post", "-o", str(file))
            self.espalier("sensitivity", str(self.folder.root), run, *words)
        return file

    def written(self, name: str, steps: list[dict[str, Any]]) -> Path:
        """The file of a recipe with these steps."""
        file = Path(self.args.dir / f"{name}.json")
        file.write_text(json.dumps({"name": name, "steps": steps}), encoding="utf-8")
        return file

    def train(self, label: str, *words: str) -> None:
        """A training run of that name, made, resumed or found finished."""
        if not self.resumed(label):
            self.espalier("train", str(self.folder.root), "--name", label, *words)

    def compress(self, label: str, recipe: Path, start: str = "") -> None:
        """The runs of a recipe from `start`, else the base; an interrupted one is resumed, the rest done after it."""
        base = self.name("base")
        words = ["compress", str(self.folder.root), str(recipe), "--from", start or base, "--teacher", base]
        if not self.resumed(f"{label}-{'quant-post' if label == POST else 'compress'}"):
            self.espalier(*words)

    def resumed(self, label: str) -> bool:
        """Whether a run of that name is finished, after resuming it if it is not."""
        found = sorted(self.folder.runs.glob(f"[0-9]*-{label}"))
        if not found:
            return False
        at_work = [RunFolder(path) for path in (found[-1], recipe_of(found[-1])) if path is not None]
        while any(folder.status() == "running" for folder in at_work):  # a worker outlives a script that was ended
            time.sleep(1)
        if RunFolder(found[-1]).status() != "finished" or resumable(found[-1]) != found[-1]:
            self.espalier("resume", str(self.folder.root), found[-1].name)
        return True

    def name(self, label: str) -> str:
        """The full name of the run called `label`."""
        return self.folder.run(label).name

    def report(self) -> None:
        """Measure every run on test, once, and their host latency side by side; print and keep the tables."""
        for label in self.labels:
            self.kept(label, "evaluate", self.name(label), "--split", "test")
            precision = "int8" if label.endswith("quant-aware") or label.startswith(POST) else "fp32"
            words = ["--target", "arm", "--precision", precision, "-o", str(self.args.dir / "phone" / label)]
            self.kept(f"phone {label}", "export", self.name(label), *words)
        self.kept("host", "host-bench", *(self.name(label) for label in self.labels))
        cuts = [f"{preset}-compress" for preset in PRESETS]
        self.kept("speed", "host-bench", self.name("base"), *map(self.name, cuts))
        small = self.name(f"{POST}-quant-post")
        for runtime in ("paddle", "lite"):
            self.kept(f"int8 {runtime}", "evaluate", small, "--split", "val", "--runtime", runtime)
        for label in COMPARED:
            words = ["--target", "x86", "--precision", "fp32", "-o", str(self.args.dir / "export" / label)]
            self.kept(f"parity {label}", "export", self.name(label), *words)
        headers = ("run", "mAP test", "mAP50 test", "G MACs", "M params", ".nb MB, arm", "host ms network", "precision")
        print_table([self._row(label) for label in self.labels], headers)
        for line in self._checks():
            print(line)

    def kept(self, key: str, verb: str, *words: str) -> list[dict[str, Any]]:
        """The figures that a verb tells, asked for once and kept in report.json under `key`."""
        file = self.args.dir / "report.json"
        document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        if words and key not in document:
            document[key] = json.loads(self.espalier(verb, str(self.folder.root), *words, "--json"))["figures"]
            file.write_text(json.dumps(document, indent=1), encoding="utf-8")
        figures: list[dict[str, Any]] = document[key]
        return figures

    def _checks(self) -> list[str]:
        """How pruning alone speeds up, and how runtimes agree."""
        speed = {f["conditions"]["subject"]: f["value"] for f in self.kept("speed", "") if f["name"] == NETWORK}
        base = speed[self.name("base")]
        lines = [f"{name}: {value:.1f} ms, {base / value:.2f} x faster than the base" for name, value in speed.items()]
        maps = [_of(self.kept(f"int8 {runtime}", ""), "map") for runtime in ("paddle", "lite")]
        lines.append(f"int8 mAP val: Paddle {maps[0]['value']:.2f}, Paddle Lite x86 {maps[1]['value']:.2f}")
        for label in COMPARED:
            box, score = (_of(self.kept(f"parity {label}", ""), f"parity_{part}") for part in ("box_px", "score"))
            subject = box["conditions"]["subject"]
            lines.append(f"parity of {label}: {box['value']:.2g} px, score {score['value']:.2g} ({subject})")
        return lines

    def _row(self, label: str) -> tuple[str, ...]:
        figures = {f["name"]: f["value"] for f in self.kept(label, "") if "subject" not in f["conditions"]}
        of = [f for f in self.kept("host", "") if f["conditions"].get("subject") == self.name(label)]
        host = {f["name"]: f for f in of}
        return (
            label,
            f"{figures['map']:.1f}",
            f"{figures['map50']:.1f}",
            f"{figures['conv_macs'] / 1e9:.3f}",
            f"{figures['params'] / 1e6:.2f}",
            f"{_of(self.kept(f'phone {label}', ''), 'nb_bytes')['value'] / 1e6:.2f}",
            f"{host[NETWORK]['value']:.1f}",
            host[NETWORK]["conditions"]["precision"],
        )

    def espalier(self, *words: str) -> str:
        """Run a verb; its stdout. A failure ends the script, and the next start goes on there."""
        print("$ espalier", *words, file=sys.stderr, flush=True)
        done = subprocess.run([sys.executable, "-m", "engine", *words], stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout


def _of(figures: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The figure of that name."""
    return next(figure for figure in figures if figure["name"] == name)


def main() -> None:
    """Read the arguments and go."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--weights", type=Path, required=True, help="backbone weights to start from")
    parser.add_argument("--dir", type=Path, required=True, help="working folder")
    parser.add_argument("--size", type=int, default=160, help="input size in pixels")
    parser.add_argument("--epochs", type=int, default=24, help="most epochs of the first training")
    parser.add_argument("--anneal", type=int, default=25, help="epochs of the base after those")
    parser.add_argument("--recovery", type=int, default=40, help="epochs after pruning")
    parser.add_argument(
        "--recipes", nargs="+", choices=QUANTISED, default=list(QUANTISED), help="yolo-phone may be left out"
    )
    parser.add_argument("--quantise", type=int, default=5, help="epochs of quantisation-aware training")
    args = parser.parse_args()
    args.dir = args.dir.resolve()
    args.dir.mkdir(parents=True, exist_ok=True)
    RealRun(args).run()


if __name__ == "__main__":
    main()
