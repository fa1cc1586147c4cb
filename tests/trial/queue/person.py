"""`python -m tests.trial.queue.person SEED`: somebody who changes the queue all the while, until killed."""

from __future__ import annotations

import contextlib
import random
import sys
import time

from engine.contract.queue import changes
from engine.contract.queue.entries import entries
from engine.contract.queue.pump import pump
from engine.contract.text.messages import UserError


def main(seed: str) -> None:
    """Move, pause and resume whatever stands there, and pump, in random order."""
    chance = random.Random(seed)
    while True:
        found = entries()
        waiting = [each.number for each in found if each.state == "waiting"]
        paused = [each.number for each in found if each.state == "paused"]
        act = chance.choice(("pump", "pump", "move", "pause", "resume"))
        with contextlib.suppress(UserError):  # it has ended since
            if act == "move" and len(waiting) > 1:
                one, other = chance.sample(waiting, 2)
                changes.move(one, before=other)
            elif act == "pause" and waiting and len(paused) < 3:
                changes.pause(chance.choice(waiting))
            elif act == "resume" and paused:
                changes.go_on(chance.choice(paused))
            else:
                pump()
        time.sleep(chance.uniform(0.01, 0.2))


if __name__ == "__main__":
    main(sys.argv[1])
