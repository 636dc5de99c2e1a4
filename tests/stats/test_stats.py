"""`locust.stats` as locustfiles use it: windows on figures, and entries of their own."""

from __future__ import annotations

import csv
import io
import json
import logging
from pathlib import Path
from types import SimpleNamespace

import gevent
import pytest

from gregaria.locust import stats as locust_stats
from gregaria.locust.env import Environment
from gregaria.locust.exception import CatchResponseError
from gregaria.locust.stats import (
    RequestStats,
    StatsCSV,
    StatsCSVFileWriter,
    StatsEntry,
    StatsError,
)


@pytest.fixture
def stats() -> RequestStats:
    return RequestStats()


def test_a_locustfile_sees_its_own_last_request(stats: RequestStats) -> None:
    stats.log_request("GET", "/", 12.0, 100)
    assert stats.total.num_requests == 1
    assert stats.get("/", "GET").avg_response_time == 12.0
    stats.log_request("GET", "/", None, None)
    assert (stats.num_requests, stats.num_none_requests) == (2, 1)


def test_entries_that_were_counted_in_rust_are_found_in_every_way_of_reading(
    stats: RequestStats,
) -> None:
    stats.native.record("GET", "/a", 1.0, 0)
    key = ("/a", "GET")
    assert key in stats.entries
    assert len(stats.entries) == 1
    assert list(stats.entries) == [key]
    assert list(dict(stats.entries)) == [key]
    assert [entry.num_requests for entry in stats.entries.values()] == [1]
    assert stats.entries.get(("/b", "GET")) is None
    # Asked for in Python between two that Rust made.
    stats.native.record("GET", "/c", 1.0, 0)
    assert stats.entries["/b", "GET"].num_requests == 0
    assert sorted(name for name, _ in stats.entries) == ["/a", "/b", "/c"]


def test_an_entry_is_one_object_however_it_is_asked_for(stats: RequestStats) -> None:
    assert stats.get("/", "GET") is stats.entries["/", "GET"]
    assert stats.entries["/", "GET"] is next(iter(stats.entries.values()))


def test_reset_keeps_names_and_clear_keeps_nothing(stats: RequestStats) -> None:
    stats.log_request("GET", "/", 1.0, 1)
    stats.log_error("GET", "/", "boom")
    stats.history.append({})
    stats.reset_all()
    assert (len(stats.entries), len(stats.errors), stats.history) == (1, 0, [])
    assert stats.total.num_requests == stats.get("/", "GET").num_failures == 0
    stats.clear_all()
    assert len(stats.entries) == 0


def test_failures_are_kept_by_locusts_keys(stats: RequestStats) -> None:
    text = "HTTPError('500 Server Error: Internal Server Error for url: /fail')"
    stats.log_error("GET", "/fail", text)
    stats.log_error("GET", "/fail", text)
    (key,) = stats.errors
    assert key == "adcb573a80dd3e123e1213824e26235c8043e38e6820f657b1c43e22d16853bb"
    assert stats.errors[key].occurrences == 2
    assert stats.errors[key].to_name() == f"GET /fail: {text}"
    assert stats.serialize_errors()[key]["error"] == text


def test_addresses_do_not_make_failures_different() -> None:
    assert StatsError.parse_error("<x at object at 0x7F00aa> y") == "<x at object at 0x....> y"
    assert StatsError.create_key("GET", "/", ValueError("a")) == StatsError.create_key(
        "GET", "/", "ValueError('a')"
    )


def test_a_failure_of_response_failure_is_shown_by_its_text(stats: RequestStats) -> None:
    stats.log_error("GET", "/", CatchResponseError("it's wrong"))
    (error,) = stats.errors.values()
    assert error.to_name() == "GET /: it's wrong"
    assert error.to_dict()["error"] == 'CatchResponseError("it\'s wrong")'
    assert any("GET /: it's wrong " in line for line in stats.native.failure_table(80))
    assert StatsError("GET", "/", CatchResponseError("x")).to_name() == "GET /: x"
    assert StatsError("GET", "/", ValueError("x")).to_name() == "GET /: ValueError('x')"


def test_an_entry_of_ones_own_counts_by_itself(stats: RequestStats) -> None:
    stats.native.stop_clock(1000.0)
    stats.clear_all()
    entry = StatsEntry(stats, "mine", "GET", use_response_times_cache=True)
    for time in (99.5, 7.0):
        entry.log(time, 10)
    entry.log_error(None)
    assert (entry.num_requests, entry.num_failures, entry.fail_ratio) == (2, 1, 0.5)
    assert entry.response_times == {7: 1, 100: 1}
    assert entry.to_string().startswith("GET      mine ")
    assert stats.total.num_requests == 0
    assert entry.get_current_response_time_percentile(0.5) is None


def test_an_entry_survives_the_journey_through_plain_data(stats: RequestStats) -> None:
    entry = StatsEntry(stats, "mine", "GET")
    entry.log(99.5, 10)
    entry.log(None, 10)
    entry.log_error("boom")
    data = entry.serialize()
    again = StatsEntry.unserialize(json.loads(json.dumps(data), object_hook=_with_numbers), stats)
    assert again.serialize() == data
    assert StatsEntry.unserialize({**data, "later": 1}, stats).serialize() == data  # type: ignore


def _with_numbers(data: dict) -> dict:
    return {int(key) if key.isdigit() else key: value for key, value in data.items()}


def test_extending_adds_up_and_does_not_touch_the_total(stats: RequestStats) -> None:
    stats.log_request("GET", "/", 5.0, 1)
    mine = StatsEntry(stats, "/", "GET")
    mine.log(200.0, 1)
    stats.get("/", "GET").extend(mine)
    assert stats.get("/", "GET").response_times == {5: 1, 200: 1}
    assert stats.total.num_requests == 1
    stats.entries["/new", "GET"] = mine
    assert stats.get("/new", "GET").max_response_time == 200.0


def test_a_report_leaves_only_entries_at_zero(stats: RequestStats) -> None:
    stats.get("/unused", "GET")
    stats.log_request("GET", "/", 5.0, 1)
    assert [entry["name"] for entry in stats.serialize_stats()] == ["/"]
    assert stats.serialize_stats() == []
    assert stats.total.num_requests == 1


def test_a_worker_has_no_current_percentiles() -> None:
    with pytest.raises(ValueError, match="use_response_times_cache"):
        RequestStats(use_response_times_cache=False).total.get_current_response_time_percentile(0.5)


def test_percentiles_are_locusts() -> None:
    ten = dict.fromkeys(range(1, 11), 1)
    percentile = locust_stats.calculate_response_time_percentile
    assert [percentile(ten, 10, p) for p in (0.5, 0.9, 0.95, 1.0, 0.1)] == [6, 10, 10, 10, 2]
    assert percentile({7: 1}, 1, 0.01) == 7
    assert percentile({}, 0, 0.5) == 0


def test_small_functions_answer_as_locusts_do() -> None:
    assert locust_stats.get_readable_percentiles([0.5, 0.999, 0.9999, 1.0, 0.07]) == [
        "50%", "99.9%", "99.99%", "100%", "7.0%"
    ]  # fmt: skip
    assert locust_stats.diff_response_time_dicts({1: 3, 2: 3}, {1: 1, 2: 3}) == {1: 2}
    assert [locust_stats.bucket_response_time(t) for t in (2.5, 145, 155, 58760)] == [
        2, 140, 160, 59000
    ]  # fmt: skip
    assert locust_stats.avg([]) == 0.0


def test_knobs_are_read_when_they_are_used(
    stats: RequestStats, monkeypatch: pytest.MonkeyPatch
) -> None:
    stats.log_request("GET", "/", 5.0, 1)
    monkeypatch.setattr(locust_stats, "PERCENTILES_TO_REPORT", [0.5, 0.999])
    assert "    50%  99.9% # reqs" in locust_stats.get_percentile_stats_summary(stats)[1]
    monkeypatch.setattr(locust_stats, "PERCENTILES_TO_STATISTICS", [0.7])
    assert "response_time_percentile_0.7" in stats.total.to_dict()
    monkeypatch.setattr(locust_stats, "STATS_NAME_WIDTH", 30)
    monkeypatch.setattr(locust_stats, "STATS_AUTORESIZE", False)
    assert locust_stats.get_stats_summary(stats)[1].split("|")[1] == "-" * 26


def test_a_rounding_function_of_the_locustfile_is_asked_for_each_time(
    stats: RequestStats, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = []

    def to_thousands(time: float) -> int:
        asked.append(time)
        return 1000 * int(time / 1000)

    with caplog.at_level(logging.WARNING):
        monkeypatch.setattr(locust_stats, "bucket_response_time", to_thousands)
    assert "rounded by a function of the locustfile" in caplog.text
    stats.native.record("GET", "/", 1999.0, 0)
    assert asked == []
    assert stats.total.response_times == {1000: 1}
    assert asked == [1999.0]
    monkeypatch.undo()
    stats.native.record("GET", "/", 1999.0, 0)
    assert stats.total.response_times == {1000: 1, 2000: 1}


def test_the_one_knob_that_does_nothing_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logging.getLogger("locust"), "propagate", True)
    with caplog.at_level(logging.WARNING):
        monkeypatch.setattr(locust_stats, "CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW", 5)
    assert "`CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW` has no effect" in caplog.text


def test_an_error_in_a_rounding_function_is_told_and_loses_no_request(
    stats: RequestStats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locust_stats, "bucket_response_time", lambda time: time / 0)
    stats.native.record("GET", "/", 1999.0, 0)
    with pytest.raises(ZeroDivisionError):
        stats.total.num_requests
    assert stats.total.response_times == {2000: 1}


@pytest.mark.parametrize(
    ("knob", "value"),
    [
        ("PERCENTILES_TO_CHART", [0]),
        ("PERCENTILES_TO_CHART", [1.5]),
        ("PERCENTILES_TO_CHART", [0.1] * 7),
        ("PERCENTILES_TO_STATISTICS", [2]),
    ],
)
def test_percentiles_that_cannot_be_shown_end_the_program(
    knob: str, value: list, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    locust_stats.validate_stats_configuration()
    monkeypatch.setattr(locust_stats, knob, value)
    with pytest.raises(SystemExit) as end:
        locust_stats.validate_stats_configuration()
    assert end.value.code == 1
    assert f"stats.{knob} parameter" in capsys.readouterr().err


def test_json_is_written_without_emptying_the_figures(
    stats: RequestStats, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stats.log_request("GET", "/ü", 5.25, 1)
    locust_stats.print_stats_json(stats)
    printed = json.loads(capsys.readouterr().out)
    locust_stats.save_stats_json(stats, str(tmp_path / "new" / "figures"))
    saved = json.loads((tmp_path / "new" / "figures.json").read_text())
    assert printed == saved
    assert (saved[0]["name"], saved[0]["response_times"]) == ("/ü", {"5": 1})
    assert stats.get("/ü", "GET").num_requests == 1


def test_json_of_a_run_shows_the_requests_of_every_second(tmp_path: Path) -> None:
    environment = Environment(parsed_options=SimpleNamespace(json=False, json_file="figures"))
    short = Environment(parsed_options=SimpleNamespace(json=False, json_file=None))
    for stats in (environment.stats, short.stats):
        for second in (1000.0, 4000.0):
            stats.native.stop_clock(second)
            stats.log_request("GET", "/", 1.0, 1)
    assert environment.stats.get("/", "GET").num_reqs_per_sec == {1000: 1, 4000: 1}
    assert short.stats.get("/", "GET").num_reqs_per_sec == {4000: 1}


def test_tables_are_logged_line_by_line(
    stats: RequestStats, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `setup_logging` keeps these lines from the root logger, where caplog listens.
    monkeypatch.setattr(locust_stats.console_logger, "propagate", True)
    stats.log_request("GET", "/", 5.0, 1)
    stats.log_error("GET", "/", "boom")
    with caplog.at_level(logging.INFO, "locust.stats_logger"):
        locust_stats.print_stats(stats)
        locust_stats.print_percentile_stats(stats)
        locust_stats.print_error_report(stats)
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0].startswith("Type     Name ")
    assert lines[5] == ""
    assert "Response time percentiles (approximated)" in lines
    assert "Error report" in lines


def test_history_points_have_locusts_keys(stats: RequestStats) -> None:
    runner = SimpleNamespace(stats=stats, user_count=3)
    stats.log_request("GET", "/", 5.0, 1)
    locust_stats.update_stats_history(runner, "now")  # type: ignore[arg-type]
    assert stats.history == [
        {
            "response_time_percentile_0.5": ["now", 0],
            "response_time_percentile_0.95": ["now", 0],
            "current_rps": ["now", 0],
            "current_fail_per_sec": ["now", 0],
            "total_avg_response_time": ["now", 5.0],
            "user_count": ["now", 3],
            "time": "now",
        }
    ]


def test_the_greenlets_of_a_run_print_keep_and_write(
    stats: RequestStats, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for knob in (
        "CONSOLE_STATS_INTERVAL_SEC",
        "HISTORY_STATS_INTERVAL_SEC",
        "CSV_STATS_INTERVAL_SEC",
        "CSV_STATS_FLUSH_INTERVAL_SEC",
    ):
        monkeypatch.setattr(locust_stats, knob, 0.001)
    printed: list[str] = []
    monkeypatch.setattr(locust_stats.console_logger, "info", printed.append)
    runner = SimpleNamespace(stats=stats, user_count=3, state="ready")
    environment = SimpleNamespace(stats=stats, runner=runner)
    files = StatsCSVFileWriter(environment, [0.5], str(tmp_path / "run"))  # type: ignore[arg-type]
    stats.log_request("GET", "/", 5.5, 1)
    greenlets = [
        gevent.spawn(locust_stats.stats_printer(stats)),
        gevent.spawn(locust_stats.stats_history, runner),
        gevent.spawn(files.stats_writer),
    ]
    history = tmp_path / "run_stats_history.csv"
    with gevent.Timeout(10):
        while len(printed) < 12 or history.read_bytes().count(b"\r\n") < 3:
            gevent.sleep(0)
        assert stats.history == []
        runner.state = "running"
        while len(stats.history) < 2:
            gevent.sleep(0)
    gevent.killall(greenlets)
    assert b",3,,Aggregated,0.000000,0.000000,6,1,0,5.5,5.5,5.5,5.5,1.0\r\n" in history.read_bytes()
    assert b"GET,/,1,0,5.5," in (tmp_path / "run_stats.csv").read_bytes()


def test_the_files_hold_the_final_figures_when_they_are_closed(
    stats: RequestStats, tmp_path: Path
) -> None:
    environment = SimpleNamespace(stats=stats, runner=SimpleNamespace(user_count=2))
    files = StatsCSVFileWriter(environment, [0.5], str(tmp_path / "new" / "run"), True)  # type: ignore[arg-type]
    stats.log_request("GET", "/", 5.5, 1)
    stats.native.record_exception("boom", "  File x\n")
    files.close_files()
    files.close_files()
    (_heading, _entry, total) = (tmp_path / "new" / "run_stats.csv").read_bytes().splitlines()
    assert total.startswith(b",Aggregated,1,0,5.5,5.5,5.5,5.5,1.0,")
    exceptions = (tmp_path / "new" / "run_exceptions.csv").read_bytes()
    assert exceptions == b'Count,Message,Traceback,Nodes\r\n1,boom,"  File x\n",local\r\n'
    assert files.stats_history_file_name() == str(tmp_path / "new" / "run_stats_history.csv")


def test_tables_can_be_written_to_any_csv_writer(stats: RequestStats) -> None:
    stats.log_error("GET", "a,b", 'say "no"')
    text = io.StringIO(newline="")
    environment = SimpleNamespace(stats=stats)
    StatsCSV(environment, [0.5]).failures_csv(csv.writer(text))  # type: ignore[arg-type]
    assert '\r\nGET,"a,b","say ""no""",1,' in text.getvalue()


def test_a_run_with_too_many_names_says_so_once(
    stats: RequestStats, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(10_002):
        stats.native.record("GET", f"/{number}", 1.0, 0)
    with caplog.at_level(logging.WARNING, "locust.stats"):
        stats.tick(1.0, 1)
        stats.native.record("GET", "/another", 1.0, 0)
        stats.tick(2.0, 1)
    assert caplog.text.count("more than 10000 different names") == 1
    assert stats.get("(other names)", "").num_requests == 3
