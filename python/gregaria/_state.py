"""Where gregaria remembers things from one run to the next."""

from __future__ import annotations

import os
from pathlib import Path

from gregaria._refusal import Refusal


def state_folder() -> Path:
    """XDG's folder for what a program remembers, ours in it. It need not be there yet.

    Raises `Refusal` for a user without a home, as services have, whom nobody has told of another.
    """
    given = os.environ.get("XDG_STATE_HOME", "")
    if given.startswith("/"):
        return Path(given, "gregaria")
    try:
        return Path.home() / ".local/state/gregaria"
    except RuntimeError as error:
        raise Refusal(
            f"user {os.getuid()} has no home to remember runs and hosts in: "
            "set XDG_STATE_HOME to a folder"
        ) from error
