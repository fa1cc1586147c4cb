"""`python -m tests.ranks [gradients] [kills] [evaluation] [nodes] [techniques]`: all if none is named; minutes each."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from engine.contract.dataset import Index
from engine.contract.project import DetectorChoice, Project, ProjectFolder
from tests.ranks import evaluation, gradients, kills, nodes, techniques

EPOCHS, KILLS, SEED, LONGEST_S = 40, 10, 6, 14.0


def project(place: Path, pictures: Path, size: int) -> ProjectFolder:
    """A project of SSDLite-small on those pictures."""
    from engine.data.dataset_import import import_dataset

    folder = ProjectFolder(place)
    import_dataset(pictures, folder.index)
    with Index.open(folder.index) as index:
        choice = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=size, classes=index.classes())
    folder.save(Project(name=place.name, detector=choice))
    return folder


def main(wanted: list[str]) -> None:
    """Each in a project of its own on a few pictures of the built-in sample."""
    from engine.data.sample.write import write_sample

    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        pictures = write_sample(place / "signs", train=16, val=20, test=4)
        known = {
            "gradients": lambda at: print(
                gradients.compare(project(at, pictures, 96).index, at / "ranks", gradients.DETECTORS)
            ),
            "kills": lambda at: kills.compare(project(at, pictures, 160), EPOCHS, KILLS, SEED, LONGEST_S),
            "evaluation": lambda at: evaluation.compare(project(at, pictures, 96).root),
            "nodes": lambda at: nodes.compare(project(at, pictures, 96).root),
            "techniques": lambda at: techniques.compare(project(at, pictures, 96).root),
        }
        for name in wanted or known:
            print(f"-- {name}", flush=True)
            known[name](place / name)


if __name__ == "__main__":
    main(sys.argv[1:])
