"""The emulator and the stack are those of the tests of the stack."""

from tests.aws.conftest import account, emulator, stack, terraform

__all__ = ["account", "emulator", "stack", "terraform"]
