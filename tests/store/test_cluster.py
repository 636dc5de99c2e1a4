"""A run of a master and a worker is kept by the master, with the worker in it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import Result, run
from tests.store.files import LOCUSTFILE, rows

STORE = ("--store", "runs.sqlite")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run of a cluster that is kept."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "locustfile.py").write_text(LOCUSTFILE + "        raise KeyError('total')\n")
    words = ("--headless", "--only-summary", "-t", "9", "-u", "4", "-r", "4")
    result = run(folder, "--processes", "1", *words, *STORE)
    assert result.code == 1, result.stderr
    yield folder


def report(folder: Path, *words: str) -> Result:
    result = run(folder, "report", *words, *STORE)
    assert result.code == 0, result.stderr
    return result


def test_it_knows_its_worker_its_files_and_when_things_happened(folder: Path) -> None:
    [(setup, crew, course, started)] = rows(
        folder / "runs.sqlite", "SELECT setup, crew, crew_course, started FROM runs WHERE run = 1"
    )
    [worker] = json.loads(crew)
    assert worker["id"] == json.loads(setup)["workers"][0]["id"]
    assert worker["is_gregaria"] and worker["memory_bytes"] > 0
    busy = json.loads(course)
    assert busy["time"][0] > started
    assert busy["cpu_max_percent"][0] >= busy["cpu_median_percent"][0] >= 0
    assert busy["lag_max_ms"][0] >= 0
    [(first, last)] = rows(
        folder / "runs.sqlite", "SELECT first_seen, last_seen FROM exceptions WHERE run = 1"
    )
    assert started < first < last
    # Seconds as the worker has counted them: none is empty because its report came later.
    rates = [rps for (rps,) in rows(folder / "runs.sqlite", "SELECT rps FROM seconds WHERE run=1")]
    assert len(rates) >= 5
    assert all(20 <= rps <= 60 for rps in rates[1:-1]), rates
    sources = {one for (one,) in rows(folder / "runs.sqlite", "SELECT DISTINCT source FROM log")}
    assert sources >= {"master", worker["id"]}


def test_every_command_of_report_works_with_it(folder: Path) -> None:
    listed = json.loads(report(folder, "list", "--json").stdout)
    assert [(one["id"], one["workers"]) for one in listed] == [(1, 1)]
    assert "on 1 worker\n" in report(folder, "show", "1").stdout
    shown = json.loads(report(folder, "show", "1", "--json").stdout)
    assert shown["snapshot"]["workers"]["memory_bytes"][0] > 0
    written = report(folder, "html", "1").stdout.strip()
    assert '<script type="application/json" id="report">{' in (folder / written).read_text()
    files = report(folder, "export", "1", "--format", "csv").stdout.split()
    assert len(files) == 4
    exported = report(folder, "export", "1").stdout.strip()
    assert report(folder, "import", exported).stdout == "imported as run 2\n"
    again = json.loads(report(folder, "show", "2", "--json").stdout)
    assert again["snapshot"]["workers"] == shown["snapshot"]["workers"]
    assert again["run"]["requests"] == shown["run"]["requests"]
    assert again["kept"]["statuses"] == shown["kept"]["statuses"]
    assert again["kept"]["examples"] == shown["kept"]["examples"]
    assert len(shown["kept"]["examples"][1]["slow"]) >= 5
    [[status, count]] = shown["kept"]["statuses"][0]
    assert (status, count) == (200, shown["run"]["requests"])
    assert "warning: too short" in report(folder, "compare", "1", "2").stdout
