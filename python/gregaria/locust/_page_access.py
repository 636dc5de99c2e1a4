"""Who may see the page, and who may change the run: the rules of signing in."""

from __future__ import annotations

import ipaddress
import os
import secrets
import socket
from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gregaria._state import state_folder

#: The name of whoever has the generated password, or that of the environment.
DEFAULT_NAME = "gregaria"

#: Password of that name.
PASSWORD_VARIABLE = "GREGARIA_WEB_PASSWORD"

#: Addresses that the guard takes for public ones, to try the question without the internet.
PUBLIC_VARIABLE = "GREGARIA_TREAT_AS_PUBLIC"

#: File with what is known of the cloud that this master runs in, and the file by which the end of
#: all machines is asked for. The keeper of a node sets both: see `deploy/aws/node`.
CLOUD_VARIABLE = "GREGARIA_CLOUD"
CLOUD_END_VARIABLE = "GREGARIA_CLOUD_END"

#: Options of the provider, without what their names begin with.
_OIDC = ("issuer", "client_id", "client_secret", "name", "operators", "viewers", "scopes")

#: What may stand first in a line of the file of users, and whether it may change a run.
ROLES = {"operator": True, "read-only": False}


@dataclass
class Access:
    """Who may sign in, under which names the page is asked for, and which hosts may be loaded."""

    users: list[tuple[str, bool, str]] = field(default_factory=list)
    generated: str | None = None
    """The password that was made because none was set. To be shown once."""
    names: list[str] = field(default_factory=list)
    allowed_hosts: list[str] = field(default_factory=list)
    oidc: dict[str, str | None] | None = None
    """The provider by whom people can sign in, as the server wants it."""
    external_url: str | None = None
    """Where people open the page, if that is another address than this server's."""

    @classmethod
    def of(cls, options: Namespace | None, host: str, is_wanted: bool) -> Access:
        """By the options. Whoever is not at this machine has to sign in: by a provider if there is
        one, by a password if one is set, and by one that is made if there is neither."""
        access = cls(
            names=[*_list(options, "web_name"), *own_names()],
            allowed_hosts=_list(options, "allowed_hosts"),
            oidc=_provider(options),
            external_url=getattr(options, "web_external_url", None) or None,
        )
        shown_as = getattr(options, "web_host_display_name", None)
        if shown_as:
            access.names.append(str(shown_as))
        path = getattr(options, "web_users", None)
        if path:
            access.users = read_users(Path(path))
        password = os.environ.get(PASSWORD_VARIABLE)
        if password is not None:
            if not password:
                raise ValueError(f"the password in {PASSWORD_VARIABLE} is empty")
            access.users.append((DEFAULT_NAME, True, password))
        has_door = bool(access.users) or access.oidc is not None
        if not has_door and (is_wanted or not is_loopback(host)):
            access.generated = secrets.token_urlsafe(12)
            access.users.append((DEFAULT_NAME, True, access.generated))
        return access

    def settings(self) -> dict[str, Any]:
        """As the server wants it."""
        public = os.environ.get(PUBLIC_VARIABLE, "")
        return {
            "names": self.names,
            "users": self.users,
            "oidc": self.oidc,
            "external_url": self.external_url,
            "allowed_hosts": self.allowed_hosts,
            "confirmed_hosts": str(state_folder() / "confirmed-hosts"),
            "public_addresses": [each for each in public.split(",") if each],
            "cloud": os.environ.get(CLOUD_VARIABLE) or None,
            "cloud_end": os.environ.get(CLOUD_END_VARIABLE) or None,
        }


def _list(options: Namespace | None, name: str) -> list[str]:
    given = str(getattr(options, name, None) or "")
    return [each.strip() for each in given.split(",") if each.strip()]


def _provider(options: Namespace | None) -> dict[str, str | None] | None:
    """What the options say of a provider. Raises `ValueError` if they say something of none."""
    given = {name: getattr(options, f"oidc_{name}", None) or None for name in _OIDC}
    if given["issuer"] is None:
        for name, value in given.items():
            if value is not None:
                raise ValueError(f"--oidc-{name.replace('_', '-')} needs --oidc-issuer")
        return None
    return {**given, **{name: given[name] or "" for name in ("client_id", "operators", "viewers")}}


def own_names() -> list[str]:
    """Names of this machine."""
    name = socket.gethostname()
    return [name, name.partition(".")[0]]


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the page there."""
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_users(path: Path) -> list[tuple[str, bool, str]]:
    """Names, whether they may change a run, and passwords: a line each, `operator anna secret`.

    Empty lines and those that begin with `#` are left out. Raises `ValueError` and `OSError`.
    """
    users: list[tuple[str, bool, str]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(None, 2)
        if len(words) != 3 or words[0] not in ROLES:
            raise ValueError(
                f"line {number} of `{path}` is not of the form `operator NAME PASSWORD` or "
                "`read-only NAME PASSWORD`"
            )
        role, name, password = words
        users.append((name, ROLES[role], password.strip()))
    if not users:
        raise ValueError(f"there are no users in `{path}`")
    return users
