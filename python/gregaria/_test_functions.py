"""Test functions as users: pytest finds them and their fixtures, a user calls one of them for ever.

A locustfile without any class of users is read by pytest. Each of its functions becomes a class of
users; where pytest would hand a fixture its `request`, the user stands in, and each user makes its
fixtures once. pytest is needed for nothing else, so it is imported here and not required.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from gregaria.locust.user.users import User

#: Only found, not run; without traces on the disk, and without the plugin of an installed Locust,
#: which would define the same fixtures.
_ARGUMENTS = (
    *("--collect-only", "--capture=no", "--override-ini=addopts="),
    *(f"-pno:{name}" for name in ("cacheprovider", "faulthandler", "locust", "terminal")),
)


class _Collector:
    """A plugin that keeps what pytest has found."""

    def __init__(self) -> None:
        self.functions: list[pytest.Function] = []
        self.errors: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(report.longreprtext)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        import pytest

        self.functions = [item for item in session.items if isinstance(item, pytest.Function)]


def find(path: str, names: Iterable[str]) -> list[pytest.Function]:
    """The test functions of a locustfile that has been imported and defines `names`."""
    if importlib.util.find_spec("pytest") is None:
        if any(name.lower().startswith("test") for name in names):
            raise ValueError(
                f"`{os.path.relpath(path)}` has no user classes, and its test functions are found "
                "by pytest, which is not installed\nInstall it with `pip install pytest`"
            )
        return []
    import pytest

    from gregaria import _test_fixtures

    collector = _Collector()
    code = pytest.main([*_ARGUMENTS, path], plugins=[collector, _test_fixtures])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        told = "\n".join(collector.errors) or "see above"
        raise ValueError(f"pytest cannot collect its test functions: {told}")
    for function in collector.functions:
        _check(function)
    return collector.functions


def _check(function: pytest.Function) -> None:
    """Tells at the start what would otherwise end each user."""
    if hasattr(function, "callspec"):
        raise ValueError(f"test functions with parameters cannot be users: {function.name}")
    info = function._fixtureinfo  # pyright: ignore[reportPrivateUsage] - pytest offers no other way
    for name in info.argnames:
        if name != "request" and name not in info.name2fixturedefs:
            raise ValueError(f"Could not find fixture for parameter {name!r} in {function.name}")


class Call:
    """A test function with the fixtures of one user, which are made here."""

    def __init__(self, function: pytest.Function, user: User) -> None:
        self._function = function
        self._values: dict[str, Any] = {"request": user}
        # What stands behind the `yield` of a fixture is not for now.
        self._suspended: list[Any] = []
        info = function._fixtureinfo  # pyright: ignore[reportPrivateUsage]
        self._definitions = info.name2fixturedefs
        self.arguments: dict[str, Any] = {name: self._value(name) for name in info.argnames}
        self._run = function.obj

    def __call__(self) -> None:
        self._run(**self.arguments)

    def _value(self, name: str) -> Any:
        if name not in self._values:
            definition = self._definitions[name][-1]
            make: Any = definition.func
            if len(inspect.signature(make).parameters) > len(definition.argnames):
                # A fixture of the class in which the function is.
                make = make.__get__(self._function.instance)
            made = make(**{each: self._value(each) for each in definition.argnames})
            if inspect.isgenerator(made):
                self._suspended.append(made)
                made = next(made)
            self._values[name] = made
        return self._values[name]
