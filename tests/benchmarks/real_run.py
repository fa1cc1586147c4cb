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
from pathlib import Path
from typing import Any

from engine.cli.output import print_table
from engine.contract.project import ProjectFolder
from engine.contract.runs import RunFolder

KEY = "yolov3_mobilenet_v3_large"


class RealRun:
    """The steps in order; each knows by the runs in the project whether it is done."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.folder = ProjectFolder(args.dir / "project")
        self.extra = args.recovery + args.quantise

    def run(self) -> None:
        """All steps, then the table."""
        if not self.folder.file.exists():
            data = ["--data", str(self.args.data), "--detector", KEY, "--size", str(self.args.size), "--fit-anchors"]
            self.espalier("new", str(self.folder.root), *data)
        common = ["--set", "batch_size=8", "--set", "learning_rate=0.001", "--set", "ema=0.99"]
        stop = ["--set", "stop_after=5"]
        start = ["--from", str(self.args.weights)]
        self.train("base", *start, *common, *stop, "--epochs", str(self.args.epochs))
        self.train("control", "--from", self.name("base"), *common, "--epochs", str(self.extra))
        self.compress("yolo-phone", self.recipe(distil=True))
        self.compress("no-distil", self.recipe(distil=False))
        self.report()

    def recipe(self, *, distil: bool) -> Path:
        """The built-in yolo-phone with this run's epochs; without its teaching and quantising for the ablation."""
        from engine.contract.recipe import find_recipe

        document = find_recipe("yolo-phone").model_dump(mode="json")
        document["name"] = "yolo-phone" if distil else "no-distil"
        lengths = {"filter_prune": self.args.recovery, "distill": self.args.recovery, "quant_aware": self.args.quantise}
        left_out = set() if distil else {"distill", "quant_aware"}
        document["steps"] = [step for step in document["steps"] if step["technique"] not in left_out]
        for step in document["steps"]:
            if step["technique"] in lengths:
                step["params"]["epochs"] = lengths[step["technique"]]
        file = Path(self.args.dir / f"{document['name']}.json")
        file.write_text(json.dumps(document), encoding="utf-8")
        return file

    def train(self, label: str, *words: str) -> None:
        """A training run of that name, made, resumed or found finished."""
        if not self.resumed(label):
            self.espalier("train", str(self.folder.root), "--name", label, *words)

    def compress(self, label: str, recipe: Path) -> None:
        """The runs of a recipe; an interrupted one is resumed, and what was still to come is done after it."""
        base = self.name("base")
        words = ["compress", str(self.folder.root), str(recipe), "--from", base, "--teacher", base]
        if not self.resumed(f"{label}-compress"):
            self.espalier(*words)
        elif label == "yolo-phone" and not self.resumed("yolo-phone-quant-aware"):
            self.espalier(*words, "--continue", self.name(f"{label}-compress"))

    def resumed(self, label: str) -> bool:
        """Whether a run of that name is finished, after resuming it if it is not."""
        found = sorted(self.folder.runs.glob(f"[0-9]*-{label}"))
        if not found:
            return False
        if RunFolder(found[-1]).status() != "finished":
            self.espalier("resume", str(self.folder.root), found[-1].name)
        return True

    def name(self, label: str) -> str:
        """The full name of the run called `label`."""
        return self.folder.run(label).name

    def report(self) -> None:
        """Measure every run on test, once, and their host latency side by side; print and keep the table."""
        labels = ["base", "control", "yolo-phone-compress", "yolo-phone-quant-aware", "no-distil-compress"]
        file = self.args.dir / "report.json"
        document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        for label in labels:
            if label not in document:
                told = self.espalier("evaluate", str(self.folder.root), self.name(label), "--split", "test", "--json")
                document[label] = json.loads(told)["figures"]
                file.write_text(json.dumps(document, indent=1), encoding="utf-8")
        if "host" not in document:
            names = [self.name(label) for label in labels]
            document["host"] = json.loads(self.espalier("host-bench", str(self.folder.root), *names, "--json"))
            file.write_text(json.dumps(document, indent=1), encoding="utf-8")
        headers = ("run", "mAP test", "mAP50 test", "G MACs", "M params", ".nb MB", "host ms network", "precision")
        print_table([self._row(label, document) for label in labels], headers)

    def _row(self, label: str, document: dict[str, Any]) -> tuple[str, ...]:
        figures = {f["name"]: f["value"] for f in document[label] if "subject" not in f["conditions"]}
        of = [f for f in document["host"]["figures"] if f["conditions"].get("subject") == self.name(label)]
        host = {f["name"]: f for f in of}
        return (
            label,
            f"{figures['map']:.1f}",
            f"{figures['map50']:.1f}",
            f"{figures['conv_macs'] / 1e9:.3f}",
            f"{figures['params'] / 1e6:.2f}",
            f"{host['nb_bytes']['value'] / 1e6:.2f}",
            f"{host['host_ms_network']['value']:.1f}",
            host["host_ms_network"]["conditions"]["precision"],
        )

    def espalier(self, *words: str) -> str:
        """Run a verb; its stdout. A failure ends the script, and the next start goes on there."""
        print("$ espalier", *words, file=sys.stderr, flush=True)
        done = subprocess.run([sys.executable, "-m", "engine", *words], stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout


def main() -> None:
    """Read the arguments and go."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--weights", type=Path, required=True, help="backbone weights to start from")
    parser.add_argument("--dir", type=Path, required=True, help="working folder")
    parser.add_argument("--size", type=int, default=160, help="input size in pixels")
    parser.add_argument("--epochs", type=int, default=24, help="most epochs of the base")
    parser.add_argument("--recovery", type=int, default=20, help="epochs after pruning")
    parser.add_argument("--quantise", type=int, default=5, help="epochs of quantisation-aware training")
    args = parser.parse_args()
    args.dir = args.dir.resolve()
    args.dir.mkdir(parents=True, exist_ok=True)
    RealRun(args).run()


if __name__ == "__main__":
    main()
