"""A project with a run that can be benched, and a simulated phone beside it, which real adb reaches."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder
from engine.contract.run.state import fold
from engine.contract.run.tail import EventTail
from engine.simulated_phone.phone import SimulatedPhone
from tests.fakes.phones import adb_server, connect
from tests.trial.ground import Ground

# Half precision, for it is there that an unknown instruction ends a tool.
SHORT = ("--precision", "fp16", "--threads", "1", "--processes", "2", "--warmup", "1", "--repeats", "2", "--pause", "0")
PARITY = ("--parity", "1")
NAME = "desk"
WORK = "/data/local/tmp/espalier/work"


class Desk:
    """The place of the project, and the phone."""

    def __init__(self, ground: Ground, place: Path, phone: SimulatedPhone) -> None:
        self.ground = ground
        self.place = place
        self.phone = phone

    @property
    def words(self) -> tuple[object, ...]:
        """The shortest bench."""
        return self.words_in(self.place)

    def words_in(self, place: Path) -> tuple[object, ...]:
        """The same of a project elsewhere."""
        chosen = ("--phone", self.phone.serial, *SHORT, *PARITY)
        return ("bench", place / "project", "1", *chosen, "--tool", self.phone.tool)

    @property
    def clean(self) -> bool:
        """Whether nothing of a bench's work is left on the phone."""
        return not self.phone.machine.storage.exists(WORK)

    def mend(self) -> None:
        """A phone that behaves, plugged in."""
        self.phone.switch(None)
        connect(self.phone)

    def empty(self) -> None:
        """A phone to which nothing was sent yet."""
        self.phone.machine.storage.remove("/data/local/tmp/espalier")

    def stage(self) -> str:
        """What the newest bench is at; empty before its first stage."""
        tasks = sorted(
            ProjectFolder(self.place / "project").tasks.glob("bench-*"), key=lambda path: path.stat().st_mtime
        )
        if not tasks:
            return ""
        found = fold(EventTail(RunFolder(tasks[-1]).events).read()).stage
        return found.message.code if found is not None else ""

    def tidy(self) -> None:
        """Forget the benches that were."""
        for task in ProjectFolder(self.place / "project").tasks.glob("bench-*"):
            shutil.rmtree(task, ignore_errors=True)


def desk_of(ground: Ground) -> Desk:
    """The one desk of a trial: one server of adb, by which all that is started finds the phone."""
    if NAME not in ground.shared:
        ground.shared[NAME] = ground.held.enter_context(desk(ground))
    found: Desk = ground.shared[NAME]
    return found


@contextlib.contextmanager
def desk(ground: Ground) -> Iterator[Desk]:
    """A desk at which one bench went well already, so that all that is made once is there.

    Its environment (the port of adb's server) is that of this process from then on, until it is left.
    """
    place = ground.place()
    ground.copied(place)
    home = place / "home"
    home.mkdir()
    with adb_server(home), SimulatedPhone("SD855") as phone:
        found = Desk(ground, place, phone)
        found.mend()
        said = ground.call(*found.words)
        if said.status != 0:
            raise RuntimeError(f"a bench fails though nothing is wrong with the phone: {said.out}{said.err}")
        found.tidy()
        try:
            yield found
        finally:
            shutil.rmtree(place, ignore_errors=True)
