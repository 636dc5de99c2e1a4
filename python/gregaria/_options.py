"""Reads options through Rust: command line, environment and config files.

This is the part that costs no import of gevent, so that a wrong option is told at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from gregaria import _native

#: Config files that are read if they exist; the later ones win.
DEFAULT_CONFIG_FILES = ("~/.locust.conf", "locust.conf", "pyproject.toml")

#: An option of a locustfile: its names, argparse's `nargs` (`""` for a flag), its variable.
Extra = tuple[list[str], str, str | None]


def read(
    arguments: list[str],
    extras: Sequence[Extra] = (),
    files: Sequence[str] = DEFAULT_CONFIG_FILES,
) -> tuple[dict[str, object], list[str], list[str], str | None]:
    """Our options, words for argparse, words nobody knows, and what to say about these.

    Raises `ValueError`, whose text follows `gregaria: error: `.
    """
    try:
        return _native.parse_command_line(
            arguments, os.environ, [os.path.expanduser(path) for path in files], list(extras)
        )
    except UnicodeError:
        raise ValueError("the command line is not UTF-8 text") from None


def complain(text: str) -> NoReturn:
    """Says what is wrong with the command line and ends the process, as argparse does."""
    sys.stderr.write(f"gregaria: error: {text}\n")
    sys.exit(2)
