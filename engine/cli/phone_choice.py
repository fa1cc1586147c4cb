"""Verbs that estimate for a phone: the arguments that say which, and how an estimate is printed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from engine.cli.language import said, say
from engine.cli.output import print_table
from engine.cli.projects import show_figure
from engine.contract.latency import PhoneChoice, PhoneEstimate, PrecisionAdvice
from engine.contract.text.numbers import chance_percent

if TYPE_CHECKING:
    from engine.recipe.latency_target import LatencyTarget

_WIDTH = 30


def add_phone_arguments(parser: argparse.ArgumentParser, required: bool) -> None:
    """`--phone SOC_KEY --threads N --precision P`."""
    parser.add_argument("--phone", metavar="SOC_KEY", required=required, help="chip of the phone, such as SD855")
    parser.add_argument("--threads", type=int, default=1, help="threads on its fast cores: 1, 2 or 4; 1 if not given")
    parser.add_argument(
        "--precision",
        choices=("fp32", "fp16", "int8"),
        default="fp32",
        help="numbers it computes with; fp32 if not given",
    )


def phone_choice(args: argparse.Namespace) -> PhoneChoice | None:
    """What the arguments name; None without `--phone`. Raises UserError for what cannot be estimated."""
    if args.phone is None:
        return None
    from engine.latency.estimate import admitted

    setting = admitted(args.phone, args.threads, args.precision)
    return PhoneChoice(soc=setting.soc, threads=setting.threads, precision=args.precision)


def print_estimate(told: PhoneEstimate) -> None:
    """The figure with its bounds, a bar for each part, and what to shrink next."""
    figure, held = told.figure, told.figure.conditions
    low, high = (show_figure(figure.model_copy(update={"value": bound})) for bound in (figure.low, figure.high))
    threads = say("cli.threads", count=held.threads or 1)
    print(f"\nphone_ms  {show_figure(figure)} (estimated, {low} to {high})")
    boxes = "with NMS" if held.nms else "without NMS"
    print(f"{held.device}, {threads}, {held.precision}, {held.runtime}, {held.input}, {boxes}")
    rows = [
        (share.part, f"{share.ms:.2f} ms", f"{100 * share.share:.0f} %", "#" * round(_WIDTH * share.share))
        for share in told.shares
    ]
    print_table(rows, ("part", "time", "share", ""))
    for message in (told.advice, *told.notes):
        print(said(message))
    if told.precisions is not None:
        _print_precisions(told.precisions)


def _print_precisions(told: PrecisionAdvice) -> None:
    """Every precision with its time and how likely it is the fastest."""
    print()
    rows = [
        (time.precision, f"{time.ms:.2f} ms", f"{time.low:.1f} to {time.high:.1f}", chance_percent(time.chance))
        for time in told.times
    ]
    print_table(rows, ("precision", "time", "likely", "fastest"))
    for message in (told.best, *told.warnings):
        print(said(message))


def latency_target(args: argparse.Namespace) -> LatencyTarget | None:
    """The time that `--ms` asks for on the phone of the other options; None for none."""
    from engine.recipe.latency_target import LatencyTarget

    phone = phone_choice(args)
    return LatencyTarget(args.ms, phone) if args.ms is not None and phone is not None else None
