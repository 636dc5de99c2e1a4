"""From the value of `--locustfile` to user classes: patches, alias, files, imports."""

from __future__ import annotations

from gregaria import _patches, alias
from gregaria._fetching import fetch
from gregaria._locustfiles import LoadError, Locustfiles, TestFiles, find, load
from gregaria.arguments import Look

__all__ = ["LoadError", "Locustfiles", "TestFiles", "load", "obtain", "prepare"]


def prepare() -> None:
    """Patches the standard library and installs the alias: before any other import of a run."""
    _patches.patch()
    alias.install()


def obtain(look: Look) -> TestFiles:
    """The files of the test: those that are named, or those of the master."""
    if look.locustfile == "-" and look.is_worker:
        return fetch(look)
    return TestFiles(find(look.locustfile))
