"""The verb that lists what is computed and what waits on this machine, and changes its order."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.language import said, say
from engine.cli.output import emit_json, print_table
from engine.contract.queue import changes
from engine.contract.queue.entries import Entry, entries
from engine.contract.queue.place import EARLIER, of_others
from engine.contract.queue.pump import pump
from engine.contract.queue.tickets import MOST_AT_ONCE
from engine.contract.queue.words import span
from engine.contract.system.folders import queue_folder
from engine.contract.text.messages import UserError

NAME = "queue"
HELP = "what is computed and what waits for its turn on this machine, of all projects; move, pause, resume, cancel"
ACTIONS = ("list", "move", "pause", "resume", "cancel", "at-once")
EPILOG = """
move without --before or --after puts an entry first of those that wait. Trainings, recipes, fits and measurements of
layers are long, and at-once counts them; one short job at a time, such as an evaluation, an export or host-bench, runs
beside them. Whatever measures times waits until nothing else of ours computes.
"""
HEADERS = ("number", "state", "what", "project", "time", "cores", "memory")


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    every = "list if not given; pause and resume without a NUMBER mean the whole queue"
    parser.add_argument("action", metavar="ACTION", nargs="?", choices=ACTIONS, default="list", help=every)
    number = "the entry's; for at-once how many long ones may run at once, 0 for as many as memory and cores allow"
    parser.add_argument("number", metavar="NUMBER", nargs="?", type=int, help=number)
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--before", metavar="NUMBER", type=int, help="for move: the entry that then comes next")
    place.add_argument("--after", metavar="NUMBER", type=int, help="for move: the entry that then comes just before")


def run(args: argparse.Namespace) -> int:
    """Change what is asked, take up what lost its worker, and print the queue."""
    _change(args)
    pump()
    found, chosen = entries(), changes.settings()
    if args.json:
        about = {"at_once": chosen.at_once, "paused": chosen.paused}
        emit_json({"figures": [], "entries": [_document(entry) for entry in found], **about})
        return 0
    if found:
        print_table([_row(entry) for entry in found], HEADERS)
    else:
        print(say("queue.empty"))
    for entry in found:
        if entry.why is not None:
            print(say("queue.refused", number=entry.number, reason=said(entry.why)))
        elif entry.interrupted:
            print(say("queue.interrupted", number=entry.number))
        elif entry.state == "missing":
            print(say("queue.is_missing", number=entry.number))
    for host, count in of_others().items():
        there = queue_folder().parent / host
        print(say("queue.of_others", host=host, count=count, there=str(there), here=str(queue_folder() / EARLIER)))
    if chosen.paused:
        print(say("queue.all_paused"))
    if chosen.at_once:
        print(say("queue.at_once", count=chosen.at_once))
    return 0


def _change(args: argparse.Namespace) -> None:
    action, number = args.action, args.number
    if action != "move" and (args.before is not None or args.after is not None):
        raise UserError("queue.only_with_move")
    if number is None and action == "at-once":
        raise UserError("queue.count_wanted", most=MOST_AT_ONCE)
    if number is None and action in ("move", "cancel"):
        raise UserError("queue.number_wanted", action=action)
    match action:
        case "move":
            changes.move(number, before=args.before, after=args.after)
        case "pause":
            changes.pause_all() if number is None else changes.pause(number)
        case "resume":
            changes.go_on_all() if number is None else changes.go_on(number)
        case "cancel":
            changes.cancel(number)
        case "at-once":
            if not 0 <= number <= MOST_AT_ONCE:
                raise UserError("queue.at_once_bounds", count=number, most=MOST_AT_ONCE)
            changes.set_at_once(number)


def _row(entry: Entry) -> tuple[object, ...]:
    name = entry.project.name if entry.project is not None else None
    time = said(span(entry.left)) if entry.left is not None else None
    return (entry.number, entry.state, said(entry.title), name, time, entry.cores, f"{entry.memory_mb} MB")


def _document(entry: Entry) -> dict[str, object]:
    left = entry.left
    return {
        "number": entry.number,
        "state": entry.state,
        "place": entry.place,
        "kind": entry.kind,
        "title": entry.title.text(),
        "project": _text(entry.project),
        "run": str(entry.run),
        "lane": entry.lane,
        "cores": entry.cores,
        "memory_mb": entry.memory_mb,
        "left_s": None if left is None else [round(left.low_s, 1), round(left.high_s, 1)],
        "about": None if left is None else left.about,
        "wanted_at": entry.wanted_at,
        "started_at": entry.started_at,
        "interrupted": entry.interrupted,
        "why": None if entry.why is None else entry.why.text(),
    }


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
