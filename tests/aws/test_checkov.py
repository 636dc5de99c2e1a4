"""checkov finds nothing in stack, image and manifests but what is left out with a reason."""

import json
import os
import re
import subprocess

import pytest

from tests.system import ROOT

DEPLOY = ROOT / "deploy"
LEFT_OUT = DEPLOY / "checkov.yaml"


def test_nothing_is_found_but_what_is_left_out_with_a_reason() -> None:
    checkov = os.environ.get("GREGARIA_CHECKOV")
    if not checkov:
        pytest.skip("GREGARIA_CHECKOV does not name the program: `make test` prepares it")
    done = subprocess.run(
        [
            *(checkov, "--directory", str(DEPLOY), "--skip-download", "--output", "json"),
            *("--framework", "terraform", "dockerfile", "kubernetes", "--skip-path", "tests"),
        ],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    parts = {each["check_type"]: each["results"] for each in json.loads(done.stdout)}
    assert parts.keys() == {"terraform", "dockerfile", "kubernetes"}
    found = {each["check_id"] for part in parts.values() for each in part["failed_checks"]}
    # These would be wrong to leave out, whatever the reason.
    assert {"CKV_AWS_79", "CKV_AWS_8", "CKV_AWS_24"} <= {
        each["check_id"] for each in parts["terraform"]["passed_checks"]
    }
    reasons = dict(re.findall(r"^  - (CKV\w+) +# (.+)$", LEFT_OUT.read_text(), re.M))
    assert found == reasons.keys()
