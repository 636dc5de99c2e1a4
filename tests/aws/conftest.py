"""One emulator for all tests of the stack, and a copy of the stack that Terraform knows."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import ladder
from .ladder import Emulator, Stack


@pytest.fixture(scope="session", autouse=True)
def terraform() -> str:
    """Its path. It is not in any registry that the tests may use, so it has to be there."""
    path = shutil.which("terraform")
    if path is None:
        pytest.skip("there is no terraform on the PATH: the stack for AWS is not tested")
    return path


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with ladder.emulator(tmp_path_factory.mktemp("emulator")) as found:
        yield found


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory, emulator: Emulator) -> Stack:
    """The stack before anything was made."""
    return Stack.copy(tmp_path_factory.mktemp("plain") / "aws", emulator)


@pytest.fixture(scope="module")
def account(emulator: Emulator) -> Emulator:
    """An empty account for this module."""
    emulator.reset()
    return emulator


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, account: Emulator) -> Stack:
    """A copy for this module, of which nothing was made yet."""
    folder: Path = tmp_path_factory.mktemp("stack") / "aws"
    return Stack.copy(folder, account)
