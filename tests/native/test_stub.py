"""`_native.pyi`, written by hand, says what the native module is."""

import subprocess
import sys


def test_the_stub_agrees_with_the_native_module() -> None:
    check = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "gregaria._native", "--ignore-disjoint-bases"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert check.returncode == 0, check.stdout + check.stderr
