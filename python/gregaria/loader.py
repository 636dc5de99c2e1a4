"""From the value of `--locustfile` to user classes: patches, alias, files, imports."""

from __future__ import annotations

from gregaria import _patches, alias
from gregaria._locustfiles import LoadError, Locustfiles, find, load

__all__ = ["LoadError", "Locustfiles", "find", "load", "prepare"]


def prepare() -> None:
    """Patches the standard library and installs the alias: before any other import of a run."""
    _patches.patch()
    alias.install()
