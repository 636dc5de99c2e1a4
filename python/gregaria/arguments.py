"""The options of a run, in two steps.

The first look is taken before the locustfile is known, so that a wrong value is told at once and
the locustfile can be found. The second knows the options that the locustfile has added.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gregaria._options import complain, read

if TYPE_CHECKING:
    from gregaria.locust.argument_parser import LocustArgumentParser

#: Options that print something of the locustfile and need no page.
PRINTING = ("list_commands", "show_task_ratio", "show_task_ratio_json")


@dataclass(frozen=True)
class Look:
    """What has to be known to get the locustfile."""

    locustfile: str
    is_worker: bool
    master_host: str
    master_port: int
    invitation: str | None


def look(arguments: list[str]) -> Look:
    """The options that say where the locustfile is.

    Ends the process if an option is wrong that can be checked without the locustfile.
    """
    try:
        options, _, unknown, _ = read(arguments)
    except ValueError as error:
        complain(str(error))
    # An unknown word may be an option of the locustfile, or a slip that is to be told first.
    if not unknown:
        _refuse_page(options)
    invitation = options["invitation"]
    return Look(
        locustfile=str(options["locustfile"]),
        is_worker=bool(options["worker"]),
        master_host=str(options["master_host"]),
        master_port=int(str(options["master_port"])),
        invitation=None if invitation is None else str(invitation),
    )


def parse(parser: LocustArgumentParser, arguments: list[str]) -> argparse.Namespace:
    """All options; ends the process if one of them is wrong or does not go with another."""
    options = parser.parse_args(arguments)
    _refuse_page(vars(options))
    if options.stats_history_enabled and options.csv_prefix is None:
        parser.error("'--csv-full-history' requires '--csv'.")
    return options


def _refuse_page(options: Mapping[str, object]) -> None:
    """A run without `--headless` would be started from the web page; a worker has its master."""
    if not (options["headless"] or options["worker"]) and not any(
        options[name] for name in PRINTING
    ):
        complain(
            "not yet: gregaria has no web page so far\n"
            "Start the run with --headless, for example: gregaria --headless -u 10 -r 2 -t 1m"
        )
