"""The import hook that makes `locust` mean `gregaria.locust`, in this process only.

Modules of `gregaria.locust` are known under both names and exist once. A module of
`locust.contrib` that we do not have is taken from the real Locust, if that is installed: its file
is executed against our namespace.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

ALIAS = "locust"
TARGET = "gregaria.locust"

#: The package whose missing modules are borrowed from the real Locust.
_BORROWED = ".contrib."


def install() -> None:
    """Makes `import locust` find our namespace. Must come before the first such import."""
    if any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        return
    imported = sys.modules.get(ALIAS)
    if imported is not None and imported.__name__ != TARGET:
        raise RuntimeError(
            "cannot stand in for `locust`: the real package has been imported already\n"
            "hint: call gregaria.install() before the first `import locust`"
        )
    sys.meta_path.insert(0, AliasFinder())


class AliasFinder(MetaPathFinder):
    """Finds `locust` and everything below it, and what is borrowed, under both names."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Our module of that name; else the real one of `locust.contrib`; else an error."""
        if fullname.startswith(TARGET + _BORROWED):
            # `from locust.contrib import x` asks for `x` by the package's own name.
            known_as = ALIAS + fullname[len(TARGET) :]
            is_ours = PathFinder.find_spec(fullname, path) is not None
            return None if is_ours else ModuleSpec(fullname, AliasLoader(known_as))
        if fullname != ALIAS and not fullname.startswith(f"{ALIAS}."):
            return None
        ours = TARGET + fullname[len(ALIAS) :]
        own = _own_spec(ours)
        if own is not None:
            is_package = own.submodule_search_locations is not None
            return ModuleSpec(fullname, AliasLoader(ours), is_package=is_package)
        if fullname.startswith(ALIAS + _BORROWED):
            return _find_borrowed(fullname)
        raise ModuleNotFoundError(f"gregaria has no module `{fullname}` yet", name=fullname)


class AliasLoader(Loader):
    """Gives out a module under its second name."""

    def __init__(self, known_as: str) -> None:
        self._known_as = known_as
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module itself, not a copy."""
        module = importlib.import_module(self._known_as)
        # The import system is about to replace the module's own specification.
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """The module has been executed: only its specification has to be put back."""
        module.__spec__ = self._spec
        # Whatever it has imported gets its second name too. Else a later import would bind a
        # submodule to its package again, and hide the function `locust.user.task`.
        for name, loaded in list(sys.modules.items()):
            if name.startswith(f"{TARGET}."):
                sys.modules.setdefault(ALIAS + name[len(TARGET) :], loaded)


def _own_spec(ours: str) -> ModuleSpec | None:
    """The specification of a module of `gregaria.locust`, or `None` if there is no such file."""
    loaded = sys.modules.get(ours)
    if loaded is not None and loaded.__name__ == ours:
        return loaded.__spec__
    package, _, _ = ours.rpartition(".")
    return PathFinder.find_spec(ours, importlib.import_module(package).__path__)


def _find_borrowed(fullname: str) -> ModuleSpec:
    """The file of the real Locust for a module of `locust.contrib`."""
    relative = fullname[len(ALIAS) + 1 :].split(".")
    for entry in sys.path:
        package = os.path.join(entry or os.getcwd(), ALIAS)
        if not os.path.isfile(os.path.join(package, "__init__.py")):
            continue
        spec = PathFinder.find_spec(fullname, [os.path.join(package, *relative[:-1])])
        if spec is not None:
            return spec
    raise ModuleNotFoundError(
        f"gregaria has no module `{fullname}` of its own\n"
        "hint: `pip install locust` provides it; gregaria then uses that one file of it",
        name=fullname,
    )
