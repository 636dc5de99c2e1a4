"""The token of workers that this process has started itself: in its environment alone."""

from __future__ import annotations

import os

#: Variable that holds it from the start of the workers until the master has read it.
LOCAL_TOKEN = "_GREGARIA_LOCAL_TOKEN"


def take_local_token() -> list[str]:
    """The token, if there is one. A locustfile and its children do not find it any more."""
    token = os.environ.pop(LOCAL_TOKEN, None)
    return [token] if token else []
