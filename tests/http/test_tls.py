"""Certificates and host names: both of Locust's clients refuse what the real ones refuse."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .certificates import make_certificates

SCENARIO = Path(__file__).parent / "tls_scenario.py"

Results = dict[str, dict[str, Any]]

#: Results that differ, with the reason.
DIFFERENT = {
    f"FastWithAuthority: {label}": "`ssl_context_factory` is refused with an error that says so"
    for label in ("an unknown authority", "nobody's certificate", "the wrong host", "an address")
}


def run(python: str, folder: Path, *arguments: str) -> Results:
    done = subprocess.run(
        [python, str(SCENARIO), str(folder), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    return folder


@pytest.fixture(scope="module")
def ours(folder: Path) -> Results:
    return run(sys.executable, folder, "--gregaria")


@pytest.fixture(scope="module")
def real(folder: Path) -> Results:
    python = os.environ.get("GREGARIA_REAL_LOCUST")
    if not python:
        pytest.skip("GREGARIA_REAL_LOCUST does not name a Python with the real Locust")
    return run(python, folder)


def test_what_locust_accepts_is_accepted_and_what_it_refuses_is_refused(
    ours: Results, real: Results
) -> None:
    # Which rule of OpenSSL's was broken is in the text of our error, and not in its class.
    for result in real.values():
        if result["error"] == "SSLCertVerificationError":
            result["error"] = "SSLError"
    found = [
        f"{label}:\n  Locust   {expected}\n  gregaria {ours.get(label)}"
        for label, expected in real.items()
        if ours.get(label) != expected and label not in DIFFERENT
    ]
    assert not found, "\n".join(found)
    assert [label for label in DIFFERENT if ours.get(label) == real[label]] == []


#: What must not depend on a comparison.
REFUSED = (
    "Slow: an unknown authority",
    "Slow: verify=False once",
    "Slow: verify=False for the session, then not",
    "Slow: a file once",
    "Slow: a file for the session, then not",
    "Slow: a file for the session, nobody's certificate",
    "Slow: a folder for the session, nobody's certificate",
    "Slow: the wrong host for the session",
    "Slow: an address that is not in the certificate, for the session",
    "FastAndStrict: an unknown authority",
    "FastAndStrict: the wrong host",
)
ACCEPTED = (
    "Slow: verify=False",
    "Slow: verify=False for the session",
    "Slow: a file for the session",
    "Slow: a folder for the session",
    "Slow: an address for the session",
    "Fast: nobody's certificate",
    "Fast: the wrong host",
)


@pytest.mark.parametrize("label", REFUSED)
def test_a_certificate_that_proves_nothing_is_refused(ours: Results, label: str) -> None:
    assert (ours[label]["status"], ours[label]["error"]) == (0, "SSLError")


@pytest.mark.parametrize("label", ACCEPTED)
def test_a_certificate_that_is_good_or_that_nobody_looks_at_is_accepted(
    ours: Results, label: str
) -> None:
    assert (ours[label]["status"], ours[label]["error"]) == (200, None)


def test_a_server_is_told_its_name_but_never_an_address(ours: Results) -> None:
    assert ours["Slow: a file for the session"]["asked_for"] == ["localhost"]
    assert ours["Fast: nobody's certificate"]["asked_for"] == ["localhost"]
    assert ours["Slow: an address for the session"]["asked_for"] == [None]
    assert ours["Fast: an address"]["asked_for"] == [None]
