"""Where the real Locust is. `make test` installs it beside the project and says where."""

import os

import pytest


def real_locust() -> str:
    """The path of a Python that can import the real Locust; skips the test if there is none."""
    python = os.environ.get("GREGARIA_REAL_LOCUST", "")
    if not python or not os.path.exists(python):
        pytest.skip(
            "no real Locust to compare with: `make test` installs it (GREGARIA_REAL_LOCUST)"
        )
    return python
