"""The benchmark's arithmetic: ratios inside a repeat, medians, bars, runs that do not count."""

import importlib
import sys

import pytest

from tests.system import ROOT


@pytest.fixture(scope="module")
def report(request: pytest.FixtureRequest):
    """bench/report.py, which is a script beside its modules and not a package."""
    sys.path.insert(0, str(ROOT / "bench"))
    request.addfinalizer(lambda: sys.path.remove(str(ROOT / "bench")))
    return importlib.import_module("report")


def run(tool: str, repeat: int, cost: float, problem: str = "") -> dict[str, object]:
    return {
        "scenario": "plain",
        "tool": tool,
        "repeat": repeat,
        "per_cpu_second": cost,
        "problems": [problem] if problem else [],
    }


def test_a_ratio_is_taken_inside_a_repeat_and_its_median_judged(report) -> None:
    runs = [
        *(run("gregaria", 0, 90), run("wrk", 0, 100)),
        *(run("gregaria", 1, 30), run("wrk", 1, 60)),
        *(run("gregaria", 2, 60), run("wrk", 2, 100)),
    ]
    text = report.comparison(report.CASES["plain"], runs)
    assert "| wrk | 100 [60–100] | 10000.0 | 0.60 [0.50–0.90] | ≥ 0.8 | missed by 25% |" in text


def test_a_run_that_does_not_count_is_left_out_with_its_ratio(report) -> None:
    runs = [
        *(run("gregaria", 0, 90), run("wrk", 0, 100)),
        *(run("gregaria", 1, 10, "failed requests"), run("wrk", 1, 100)),
    ]
    text = report.comparison(report.CASES["plain"], runs)
    assert "0.90 | ≥ 0.8 | met |" in text


def test_a_limit_is_met_from_below(report) -> None:
    singles = [
        {"scenario": "startup", "repeat": 0, "numbers": {"version_ms": 79.0}, "problems": []},
        {"scenario": "startup", "repeat": 1, "numbers": {"version_ms": 81.0}, "problems": []},
    ]
    text = report.limits(singles)
    assert "80.0 [79.0–81.0] | ≤ 80 | met |" in text
    assert "first_request" not in text
