"""`gregaria report`: lists, shows, compares and exports runs that are kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from gregaria import _native
from gregaria._refusal import Refusal
from gregaria._state import state_folder

#: Names the file of the run store, as `--store` does.
STORE_ENV = "GREGARIA_STORE"


def default_store() -> str:
    """Where runs are kept if nobody says. Raises `Refusal` if there is no such place."""
    return str(state_folder() / "runs.sqlite")


def main(arguments: Sequence[str]) -> int:
    """Carries out a command; returns the exit code."""
    try:
        store = os.environ.get(STORE_ENV) or default_store()
    except Refusal as refusal:
        sys.stderr.write(f"gregaria: {refusal}\n")
        return refusal.exit_code
    code, out, err = _native.report_command(list(arguments), store)
    sys.stderr.write(err)
    try:
        sys.stdout.write(out)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has seen enough. What is left in the buffer must not be tried again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code
