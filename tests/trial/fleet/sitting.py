"""One sitting of a fleet, as a process of its own: `sitting.py ADDRESS PROJECT RUN...`; it can be killed."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from engine.contract.project import ProjectFolder
from engine.fleet.following import have_done
from engine.fleet.opening import opened
from tests.trial.marked import wait_until

CORES, JOIN_S = 2, 120.0


def main(word: str, project: str, names: list[str]) -> int:
    folder = ProjectFolder(Path(project))
    with opened(word, folder) as fleet:
        wait_until(lambda: sum(node.cores for node in fleet.nodes()) >= CORES, JOIN_S)
        print("nodes", *(f"{node.name}:{node.cores}" for node in fleet.nodes()), flush=True)
        with closing(have_done(fleet, [folder.runs / name for name in names])) as telling:
            for told in telling:
                for event in told.events:
                    if event.type == "hello":
                        print("hello", told.run.name, flush=True)
                if told.ended is not None:
                    print(told.ended, told.run.name, told.trouble.text() if told.trouble else "", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
