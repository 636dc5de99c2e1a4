"""`gregaria token`: makes a join token for a cluster and prints it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from gregaria import _native

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

ABOUT = """\
Makes a join token and prints it. Give it to the master, best in a file or in GREGARIA_JOIN_TOKEN:

  gregaria token > join-token && chmod 600 join-token
  gregaria --master --join-token-file join-token --certificate master.pem ...

The master then prints the line by which workers join.
"""


def lifetime(text: str) -> float:
    """Seconds of a time such as `90s`, `30m`, `12h` or `7d`."""
    number, unit = text[:-1], text[-1:]
    if unit not in UNITS or not number.isdigit() or int(number) == 0:
        raise argparse.ArgumentTypeError(f"`{text}` is no time such as 90s, 30m, 12h or 7d")
    return float(int(number) * UNITS[unit])


def main(arguments: Sequence[str]) -> int:
    """Prints a token; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="gregaria token",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--expires",
        metavar="TIME",
        type=lifetime,
        help="when it stops to be valid: 90s, 30m, 12h, 7d",
    )
    options = parser.parse_args(arguments)
    sys.stdout.write(_native.make_join_token(options.expires) + "\n")
    return 0
