"""Prints the public surface of `locust` as JSON: names, signatures, defaults.

Run by gregaria's interpreter and by one that has the real Locust, so it imports nothing else.
"""

import importlib
import inspect
import json
import re
import sys
from contextlib import suppress
from typing import TypeVar

with suppress(ImportError):
    import gregaria

    gregaria.install()


def parameters(function: object) -> list[list[str]] | None:
    """Name, kind and default of each parameter; `None` if Python cannot tell."""
    try:
        signature = inspect.signature(function)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return [
        [each.name, each.kind.name, "" if each.default is each.empty else plain(each.default)]
        for each in signature.parameters.values()
    ]


def plain(value: object) -> str:
    """A default value as text that does not depend on where it lives."""
    if inspect.isclass(value) or inspect.isfunction(value):
        return value.__name__
    return re.sub(r" at 0x\w+", "", repr(value))


def members(cls: type) -> dict[str, object]:
    """What a class offers: parameters of methods, the kind of everything else, plain values."""
    found: dict[str, object] = {}
    for name in dir(cls):
        if name.startswith("_") and name != "__init__":
            continue
        value = inspect.getattr_static(cls, name)
        if isinstance(value, classmethod | staticmethod):
            found[name] = parameters(value.__func__)
        elif inspect.isfunction(value):
            found[name] = parameters(value)
        elif isinstance(value, property):
            found[name] = "property"
        elif isinstance(value, str | int | float | bool | None | list | tuple):
            found[name] = repr(value)
        else:
            found[name] = "object"
    return found


def surface(module_name: str) -> dict[str, object]:
    """What can be read from a module, and which names it defines itself."""
    module = importlib.import_module(module_name)
    names: dict[str, object] = {}
    own: list[str] = []
    for name, value in vars(module).items():
        home = (getattr(value, "__module__", None) or "").removeprefix("gregaria.")
        if name.startswith("_") or inspect.ismodule(value) or isinstance(value, TypeVar):
            continue
        if inspect.isclass(value) and not issubclass(value, type):
            names[name] = members(value)
        elif callable(value):
            names[name] = parameters(value)
        elif isinstance(value, str | int | float | bool | None):
            names[name] = repr(value)
            home = module_name
        else:
            names[name] = "object"
        if home == module_name or name in getattr(module, "__all__", ()):
            own.append(name)
    return {"names": names, "own": own}


print(json.dumps({name: surface(name) for name in sys.argv[1:]}))
