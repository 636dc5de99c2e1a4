"""checkov finds nothing in the stack but what is left out with a reason."""

import json
import os
import re
import subprocess

import pytest

from .ladder import STACK

LEFT_OUT = STACK / "tests/checkov.yaml"


def test_nothing_is_found_but_what_is_left_out_with_a_reason() -> None:
    checkov = os.environ.get("GREGARIA_CHECKOV")
    if not checkov:
        pytest.skip("GREGARIA_CHECKOV does not name the program: `make test` prepares it")
    done = subprocess.run(
        [
            *(checkov, "--directory", str(STACK), "--framework", "terraform", "--skip-download"),
            *("--skip-path", "tests", "--output", "json"),
        ],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    results = json.loads(done.stdout)["results"]
    found = {each["check_id"] for each in results["failed_checks"]}
    # These would be wrong to leave out, whatever the reason.
    assert {"CKV_AWS_79", "CKV_AWS_8", "CKV_AWS_24"} <= {
        each["check_id"] for each in results["passed_checks"]
    }
    reasons = dict(re.findall(r"^  - (CKV\w+) +# (.+)$", LEFT_OUT.read_text(), re.M))
    assert found == reasons.keys()
