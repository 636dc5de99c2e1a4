"""Every public name of Locust's modules is in ours, with the same parameters and defaults."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.real_locust import real_locust

SURFACE = Path(__file__).with_name("surface.py")

MODULES = [
    "locust",
    "locust.debug",
    "locust.dispatch",
    "locust.env",
    "locust.event",
    "locust.exception",
    "locust.log",
    "locust.rpc.protocol",
    "locust.runners",
    "locust.shape",
    "locust.user",
    "locust.user.inspectuser",
    "locust.user.markov_taskset",
    "locust.user.sequential_taskset",
    "locust.user.task",
    "locust.user.users",
    "locust.user.wait_time",
    "locust.util.cache",
    "locust.util.date",
    "locust.util.deprecation",
    "locust.util.directory",
    "locust.util.exception_handler",
    "locust.util.load_locustfile",
    "locust.util.rounding",
    "locust.util.timespan",
    "locust.util.url",
]

#: Names that differ on purpose, or belong to the cluster, which is not there yet.
EXCEPT = {
    "locust": {"MarkovTaskSet.__init__"},
    "locust.rpc.protocol": {
        "Message.serialize", "Message.unserialize", "ObjectId", "decode", "encode",
    },
    "locust.runners": {"MasterRunner", "WorkerRunner"},
    # Passes on whatever it gets.
    "locust.user.markov_taskset": {"MarkovTaskSet.__init__"},
}  # fmt: skip


@cache
def surface_of(python: str) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [python, str(SURFACE), *MODULES], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("module", MODULES)
def test_a_module_offers_what_locusts_offers(module: str) -> None:
    theirs = surface_of(real_locust())[module]
    ours = surface_of(sys.executable)[module]["names"]
    left_out = EXCEPT.get(module, set()) | {"TYPE_CHECKING"}
    differences = []
    for name in theirs["own"]:
        expected, found = theirs["names"].get(name), ours.get(name, "missing")
        if not isinstance(expected, dict) or not isinstance(found, dict):
            expected, found = {"": expected}, {"": found}
        for member, wanted in expected.items():
            whole = f"{name}.{member}".rstrip(".")
            has = found.get(member, "missing")
            if has != wanted and name not in left_out and whole not in left_out:
                differences.append(f"{whole}: {has}, Locust {wanted}")
    assert not differences, "\n".join(differences)


def test_the_namespace_has_the_names_that_star_imports_give() -> None:
    question = (
        "import importlib.util as u\n"
        "if u.find_spec('gregaria'): import gregaria; gregaria.install()\n"
        "import locust; print(sorted(locust.__all__))"
    )
    names = [
        subprocess.run(
            [python, "-c", question], capture_output=True, text=True, check=True, timeout=60
        ).stdout
        for python in (real_locust(), sys.executable)
    ]
    assert names[0] == names[1]
