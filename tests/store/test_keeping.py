"""Runs of the command are kept, whatever becomes of the process, the file or the disk."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.command import LIMIT_SECONDS, OURS, finish, run, start, wait_for
from tests.store.files import LOCUSTFILE, SHORT, keep, rows, store_of


def test_a_run_is_kept_with_what_was_run_and_how_it_ended(tmp_path: Path) -> None:
    result = keep(tmp_path)
    assert result.code == 1, result.stderr
    # Each second has what ended in it, and no mean of others.
    for second, rps in rows(store_of(tmp_path), "SELECT time, rps FROM seconds"):
        assert abs(rps - 50) < 12, second
    # The log of the run is kept with it.
    assert ("--run-time limit reached, shutting down",) in rows(
        store_of(tmp_path), "SELECT text FROM log"
    )
    [row] = rows(
        store_of(tmp_path),
        "SELECT name, end_kind, end_reason, exit_code, requests, failures, peak_users, setup "
        "FROM runs",
    )
    *figures, setup = row
    name, kind, reason, exit_code, requests, failures, peak_users = figures
    assert exit_code == 1
    assert (name, kind, reason) == ("locustfile.py", "finished", "the run time is over")
    assert requests > 50 and failures == requests // 10 and peak_users == 5
    record = json.loads(setup)
    assert record["files"][0]["text"] == LOCUSTFILE
    assert (record["users"], record["spawn_rate"], record["run_time_seconds"]) == (5, 5, 2)
    assert record["options"] == ["--headless", "--only-summary"]


def test_nothing_is_kept_if_that_is_asked_for(tmp_path: Path) -> None:
    assert keep(tmp_path, "--no-store").code == 1
    assert not store_of(tmp_path).exists()


def test_the_file_can_be_named(tmp_path: Path) -> None:
    keep(tmp_path, "--store", "mine/runs.sqlite")
    assert not store_of(tmp_path).exists()
    assert rows(tmp_path / "mine/runs.sqlite", "SELECT count(*) FROM runs") == [(1,)]


SECRETS = """
@events.init_command_line_parser.add_listener
def add(parser):
    parser.add_argument("--plain", default="seen")
    parser.add_argument("--hidden", is_secret=True, default="geheim1")
    parser.add_argument("--api-token", default="geheim2")
    parser.add_argument("--empty-password", default="")
"""


def test_no_secret_is_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE.replace("\n\nclass", f"{SECRETS}\n\nclass"))
    # The text of the locustfile is kept as it is; its secrets come from outside.
    text = (tmp_path / "locustfile.py").read_text()
    (tmp_path / "locustfile.py").write_text(
        text.replace('"geheim1"', "None").replace('"geheim2"', "None")
    )
    result = run(
        tmp_path,
        *SHORT,
        *("--hidden", "geheim1", "--api-token", "geheim2", "-H", "http://me:geheim3@127.0.0.1:1/a"),
        variables={"XDG_STATE_HOME": "", "GREGARIA_JOIN_TOKEN": "geheim4"},
    )
    assert result.code == 1, result.stderr
    for path in store_of(tmp_path).parent.iterdir():
        assert b"geheim" not in path.read_bytes()
    [(host, setup)] = rows(store_of(tmp_path), "SELECT host, setup FROM runs")
    assert host == "http://127.0.0.1:1/a"
    assert json.loads(setup)["parameters"] == {
        "plain": "seen",
        "hidden": "set",
        "api_token": "set",
        "empty_password": None,
    }


def test_a_process_that_is_killed_leaves_all_but_its_last_second(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE)
    process = start(
        tmp_path, "--headless", "--only-summary", "-u", "5", variables={"XDG_STATE_HOME": ""}
    )
    wait_for(process, "All users spawned")
    until = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < until:
        if store_of(tmp_path).exists() and rows(
            store_of(tmp_path), "SELECT 1 FROM seconds LIMIT 1 OFFSET 5"
        ):
            break
        os.sched_yield()
    killed_at = time.time()
    process.send_signal(signal.SIGKILL)
    assert finish(process).code == -signal.SIGKILL
    # Read as anybody would: the file that the dead process has left.
    [(last, requests, ended)] = rows(
        store_of(tmp_path), "SELECT last_second, requests, ended FROM runs"
    )
    assert ended is None
    # A second on a machine with time to spare; a bucket has ten.
    assert killed_at - last < 5
    seconds = rows(store_of(tmp_path), "SELECT time, requests FROM seconds ORDER BY time")
    assert len(seconds) >= 6
    assert seconds[-1] == (last, requests)
    # Response times and each endpoint come as far as the seconds.
    query = "SELECT sum(requests) FROM buckets WHERE entry = 0"
    assert rows(store_of(tmp_path), query) == [(requests,)]
    query = "SELECT sum(requests) FROM entries WHERE entry > 0"
    assert rows(store_of(tmp_path), query) == [(requests,)]

    # The next run finds it, and says that it was cut off.
    keep(tmp_path)
    kinds = rows(store_of(tmp_path), "SELECT end_kind FROM runs ORDER BY run")
    assert kinds == [("cut_off",), ("finished",)]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_text("no database " * 100), "is no run store"),
        (lambda path: path.mkdir(), "cannot open run store"),
        (
            lambda path: _make_newer(path),
            "was written by a newer gregaria (format 99, known here is",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told_once_and_the_test_goes_on(
    tmp_path: Path, spoil: object, said: str
) -> None:
    path = tmp_path / "runs.sqlite"
    assert callable(spoil)
    spoil(path)
    result = keep(tmp_path, "--store", str(path))
    assert result.code == 1
    assert result.stderr.count(said) == 1, result.stderr
    # Nothing is lost: the run is in another file, which is named.
    found = re.search(r"The test goes on, and its runs are kept in `(.*)`", result.stderr)
    assert found is not None, result.stderr
    assert rows(Path(found[1]), "SELECT end_kind FROM runs") == [("finished",)]
    assert "Response time percentiles" in result.stderr
    assert "Traceback" not in result.stderr


def _make_newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA application_id = 1735550311")
        connection.execute("PRAGMA user_version = 99")
        connection.execute("CREATE TABLE runs (run)")


#: Runs a command where `/tmp/…/small` is a disk of this size.
SMALL_DISK = 'mount -t tmpfs -o size={size} none small && exec "$@"'


def in_a_small_disk(folder: Path, size: str, *arguments: str) -> "subprocess.Popen[str]":
    """Starts the command with a disk of its own, if this system lets us."""
    namespace = ("unshare", "--user", "--map-root-user", "--mount")
    try:
        subprocess.run([*namespace, "true"], check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system gives no namespaces to ordinary users")
    (folder / "small").mkdir()
    shell = ("sh", "-c", SMALL_DISK.format(size=size), "sh")
    return start(folder, *arguments, program=(*namespace, *shell, *OURS))


def test_a_full_disk_is_told_once_and_the_test_goes_on(tmp_path: Path) -> None:
    names = LOCUSTFILE.replace('name="/"', 'name=f"/{Visitor.count}"')
    (tmp_path / "locustfile.py").write_text(names)
    process = in_a_small_disk(
        tmp_path, "160k", *SHORT[:2], "-t", "8", "-u", "50", "-r", "50", "--store", "small/s.sqlite"
    )
    result = finish(process)
    assert result.code == 1
    assert result.stderr.count("the disk is full") == 1, result.stderr
    assert "the test goes on" in result.stderr
    # What did not fit is in another file.
    found = re.search(r"the figures of the run are kept in `(.*)`", result.stderr)
    assert found is not None, result.stderr
    counted = re.search(r"Aggregated +(\d+)", result.stderr)
    assert counted is not None
    kept = rows(Path(found[1]), "SELECT end_kind, requests FROM runs")
    assert kept == [("finished", int(counted[1]))]
    assert "Response time percentiles" in result.stderr


def test_a_folder_that_is_read_only_is_told_and_the_test_goes_on(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE)
    result = run(tmp_path, *SHORT, "--store", "/proc/gregaria/runs.sqlite")
    assert result.code == 1
    assert result.stderr.count("cannot open run store `/proc/gregaria/runs.sqlite`") == 1
    assert "its runs are kept in `" in result.stderr
    assert "Response time percentiles" in result.stderr
