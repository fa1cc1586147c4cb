"""The verb that puts a simulated phone on loopback, for real adb to connect to."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from engine.cli.language import said
from engine.cli.output import emit_json, print_table
from engine.contract.text.messages import Message, UserError

NAME = "simulate-phone"
HELP = "a simulated phone on loopback that real adb connects to"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("key", metavar="KEY", nargs="?", help="its chip, such as SD855 (resources/phones)")
    parser.add_argument("--port", type=int, default=0, help="port of 127.0.0.1; a free one if not given")
    parser.add_argument("--fault", metavar="NAME[:STAGE]", help="what it does wrong from the start")
    parser.add_argument("--faults", action="store_true", help="list the faults with their stages and end")
    parser.add_argument("--require-auth", action="store_true", help="nobody is let in until `authorize` (control port)")
    parser.add_argument("--record", metavar="FILE", type=Path, help="write every command it is given, as JSON lines")
    parser.add_argument("--seed", type=int, default=0, help="fixes what is random in its times")


def run(args: argparse.Namespace) -> int:
    """Be a phone until Ctrl-C or SIGTERM."""
    from engine.simulated_phone.misbehaviour import FAULTS

    if args.faults:
        if args.json:
            emit_json({"faults": {name: list(stages) for name, stages in FAULTS.items()}})
        else:
            print_table([(name, " ".join(stages) or None) for name, stages in FAULTS.items()], ("fault", "stages"))
        return 0
    if args.key is None:
        raise UserError("simulated.no_key")
    if not 0 <= args.port <= 65535:
        raise UserError("simulated.bad_port", port=args.port)
    # Both are waited for, not handled, so that nothing is left half done; threads inherit it.
    ends = {signal.SIGINT, signal.SIGTERM}
    kept = signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        _serve(args, ends)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, kept)
    return 0


def _serve(args: argparse.Namespace, ends: set[signal.Signals]) -> None:
    from engine.simulated_phone.phone import SimulatedPhone

    given = {"port": args.port, "fault": args.fault, "require_auth": args.require_auth, "record": args.record}
    with SimulatedPhone(args.key, seed=args.seed, **given) as phone:
        told: dict[str, str | int] = {
            "serial": phone.serial,
            "port": phone.port,
            "control_port": phone.control_port,
            "tool": str(phone.tool),
        }
        if args.json:
            emit_json({"simulated": True, **told})
        else:
            print(said(Message(code="simulated.ready", args={"key": args.key, **told})))
        sys.stdout.flush()
        signal.sigwait(ends)
