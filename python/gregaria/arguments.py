"""The options of a run, in two steps.

The first look is taken before the locustfile is known, so that a wrong value is told at once and
the locustfile can be found. The second knows the options that the locustfile has added.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gregaria._options import complain, read

if TYPE_CHECKING:
    from gregaria.locust.argument_parser import LocustArgumentParser


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
        options, _, _, _ = read(arguments)
    except ValueError as error:
        complain(str(error))
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
    _check_page(parser, options)
    if options.stats_history_enabled and options.csv_prefix is None:
        parser.error("'--csv-full-history' requires '--csv'.")
    return options


def _check_page(parser: LocustArgumentParser, options: argparse.Namespace) -> None:
    """Options of the page that do not go together."""
    if options.headful:
        options.headless = False
    if bool(options.tls_cert) != bool(options.tls_key):
        parser.error("--tls-cert and --tls-key belong together")
    if options.autoquit >= 0 and not options.autostart:
        parser.exit(1, "--autoquit is only meaningful in combination with --autostart\n")
    if options.web_base_path and not options.web_base_path.startswith("/"):
        parser.exit(1, f"--web-base-path {options.web_base_path}: it has to begin with /\n")
