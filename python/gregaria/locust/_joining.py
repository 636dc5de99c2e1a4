"""Who may join a cluster: what the options of its two sides say."""

from __future__ import annotations

import os
from argparse import Namespace
from dataclasses import dataclass, field

#: Variable with the node id of a worker that is started anew by itself: it keeps its place.
NODE_ID = "_GREGARIA_NODE_ID"


@dataclass(frozen=True)
class Entrance:
    """The master's side. Without tokens, whoever reaches the port may join, as in Locust."""

    tokens: list[str] = field(default_factory=list[str])
    """Join tokens that open the door. With one of them, the port speaks TLS."""

    certificate: str | None = None
    """File with the certificate and its key, made if it is not there; `None` makes one that is
    forgotten with the process."""

    @classmethod
    def of(cls, options: Namespace | None) -> Entrance:
        """What the options say. Raises `OSError` if the file of tokens cannot be read, and
        `ValueError` if it is empty: the port must not be open by mistake."""
        tokens: list[str] = []
        if token := getattr(options, "join_token", None):
            tokens.append(token)
        if path := getattr(options, "join_token_file", None):
            with open(path, encoding="utf-8") as file:
                found = file.read().split()
            if not found:
                raise ValueError(f"there is no join token in `{path}`")
            tokens += found
        return cls(tokens, getattr(options, "certificate", None))


def invitation_of(options: Namespace | None) -> str | None:
    """The worker's side: the line to join by."""
    return read_invitation(getattr(options, "invitation", None))


def read_invitation(given: str | None) -> str | None:
    """The line itself, or that in the file of this name."""
    if given and not given.startswith("gregaria://") and os.path.exists(given):
        with open(given, encoding="utf-8") as file:
            return file.read().strip()
    return given or None
