"""The test of a worker that was started with `-f -`: its master has it.

A master of ours sends a bundle, which is unpacked into a folder that goes with the process; the
test runs in it, so that relative paths mean what they mean on the master. Locust's master sends the
texts of its locustfiles and nothing beside them.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import sys
import tempfile
import uuid

from gregaria import _native
from gregaria._bundle import Bundle, BundleError, unpack
from gregaria._locustfiles import LoadError, TestFiles, download
from gregaria.arguments import Look
from gregaria.locust._joining import read_invitation

#: Seconds for which a worker asks a master that does not answer. Locust's.
PATIENCE = 300


def fetch(look: Look, is_quiet: bool = False) -> TestFiles:
    """Asks the master for its test and writes it down. Blocks; says so, unless it `is_quiet`."""
    try:
        invitation = read_invitation(look.invitation)
        id = f"{socket.gethostname()}_download_locustfile_{uuid.uuid4().hex}"
        if not is_quiet:
            say(f"asking the master for the test: {_place(look, invitation)}")
        files, bundle = _native.fetch_locustfile(
            look.master_host, look.master_port, invitation, id, PATIENCE
        )
    except (OSError, ValueError) as error:
        raise LoadError(str(error)) from error
    folder = tempfile.mkdtemp(prefix="gregaria-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        if bundle is None:
            return TestFiles([_write(folder, *file) for file in files])
        paths = unpack(Bundle(*bundle), folder)
    except (OSError, BundleError) as error:
        raise LoadError(str(error)) from error
    return TestFiles(paths, folder, bundle[0])


def _place(look: Look, invitation: str | None) -> str:
    """Where the master is. The rest of an invitation is secret."""
    if invitation is None:
        return f"{look.master_host}:{look.master_port}"
    return invitation.removeprefix("gregaria://").split("/", 1)[0]


def _write(folder: str, name: str, text: str | None) -> str:
    """Writes a locustfile that came without its folder, or fetches it if all that came is a URL."""
    if text is None:
        return download(name)
    if os.path.basename(name) != name or name in ("", ".", ".."):
        raise BundleError(f"the master sends a locustfile with the name {name!r}, which is refused")
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def say(text: str) -> None:
    """Tells whoever has started the worker; there is no log yet."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
