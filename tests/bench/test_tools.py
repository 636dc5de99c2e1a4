"""Failures are found in what the tools print, and only failures: texts as the tools wrote them."""

import importlib
import sys

import pytest

from tests.system import ROOT


@pytest.fixture(scope="module")
def tools(request: pytest.FixtureRequest):
    """All tools by name, of bench/tools.py."""
    sys.path.insert(0, str(ROOT / "bench"))
    request.addfinalizer(lambda: sys.path.remove(str(ROOT / "bench")))
    return importlib.import_module("tools").make_tools("gregaria", "locust")


#: A row of a histogram looks much like one of a status.
HEY = """
Response time histogram:
  0.000 [1]\t|
  0.001 [475]\t|■■■■

Status code distribution:
  [200]\t12131 responses
"""
OHA = """
Response time histogram:
   0.1 ms [1]   |
   2.6 ms [441] |■■■■

Status code distribution:
  [200] 38630 responses

Error distribution:
  [100] aborted due to deadline
"""
GOOSE = """
 Name                     |                                        Status codes
 ------------------------------------------------------------------------------
 GET /                    |                                        33,486 [200]

 === OVERVIEW ===
"""
GOOSE_ERRORS = """
 === ERRORS ===
 ------------------------------------------------------------------------------
 Count       | Error
 ------------------------------------------------------------------------------
 16,487        GET /: error sending request /: client error (Connect)
 ------------------------------------------------------------------------------
"""
K6 = "    http_req_failed................: {}  {} out of 9731\n"
WRK = "  90000 requests in 3.00s, 20MB read\n{}Requests/sec:  30000.00\n"


@pytest.mark.parametrize(
    ("tool", "output"),
    [("hey", HEY), ("oha", OHA), ("goose", GOOSE), ("k6", K6.format("0.00%", 0)), ("wrk", WRK)],
)
def test_a_run_without_failures_counts(tools, tool: str, output: str) -> None:
    assert tools[tool].failed(0, output.replace("{}", "")) is None


@pytest.mark.parametrize(
    ("tool", "output", "shown"),
    [
        ("hey", HEY + "  [404]\t16 responses\n", "[404]\t16 responses"),
        ("hey", HEY + "\nError distribution:\n  [3]\tGet: refused\n", "[3]\tGet: refused"),
        ("oha", OHA.replace("[200]", "[500]"), "[500] 38630 responses"),
        ("oha", OHA + "  [2] Connection refused\n", "[2] Connection refused"),
        ("goose", GOOSE + GOOSE_ERRORS, "16,487        GET /: error sending request"),
        ("k6", K6.format("0.02%", 2), "0.02%"),
        ("wrk", WRK.format("  Non-2xx or 3xx responses: 31\n"), "Non-2xx or 3xx responses: 31"),
        ("wrk", WRK.format("  Socket errors: connect 0, read 2\n"), "read 2"),
    ],
)
def test_a_run_with_failures_does_not_count_and_shows_one(
    tools, tool: str, output: str, shown: str
) -> None:
    told = tools[tool].failed(0, output)
    assert told is not None
    assert shown in told


def test_an_exit_code_is_a_failure_of_its_own(tools) -> None:
    assert tools["wrk"].failed(1, "first\nlast\n") == "exit code 1: last"
