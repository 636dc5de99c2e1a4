"""Who may join a cluster: what the options of its two sides say."""

from __future__ import annotations

import os
from argparse import Namespace
from dataclasses import dataclass, field

from ._local_token import take_local_token
from ._token_file import TokenFile

#: Variable with the node id of a worker that is started anew by itself: it keeps its place.
NODE_ID = "_GREGARIA_NODE_ID"


@dataclass(frozen=True)
class Entrance:
    """The master's side. Without tokens, whoever reaches the port may join, as in Locust."""

    given: list[str] = field(default_factory=list[str])
    """Join tokens of the options themselves: they hold for as long as the master runs."""

    file: TokenFile | None = None
    """Further ones, which change with the file."""

    local: list[str] = field(default_factory=list[str])
    """That of the workers which this process has started: nobody else knows it."""

    certificate: str | None = None
    """File with the certificate and its key, made if it is not there; `None` makes one that is
    forgotten with the process."""

    @classmethod
    def of(cls, options: Namespace | None) -> Entrance:
        """What the options say."""
        token = getattr(options, "join_token", None)
        path = getattr(options, "join_token_file", None)
        return cls(
            [token] if token else [],
            TokenFile(path) if path else None,
            take_local_token(),
            getattr(options, "certificate", None),
        )

    def tokens(self) -> list[str]:
        """All that open the door at this moment. With one of them, the port speaks TLS."""
        return [*self.given, *(self.file.read() if self.file else []), *self.local]


def invitation_of(options: Namespace | None) -> str | None:
    """The worker's side: the line to join by."""
    return read_invitation(getattr(options, "invitation", None))


def read_invitation(given: str | None) -> str | None:
    """The line itself, or that in the file of this name."""
    if given and not given.startswith("gregaria://") and os.path.exists(given):
        with open(given, encoding="utf-8") as file:
            return file.read().strip()
    return given or None
