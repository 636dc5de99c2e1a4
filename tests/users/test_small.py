"""The small modules: time spans, dates, rounding, ratios, logs."""

import logging

import pytest
from locust import TaskSet, User, task
from locust.user.inspectuser import _calc_distribution, format_task_ratio, get_ratio
from locust.util.cache import memoize
from locust.util.date import format_duration, format_utc_timestamp
from locust.util.exception_handler import retry
from locust.util.rounding import proper_round
from locust.util.timespan import parse_timespan
from locust.util.url import is_url


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20", 20), ("20s", 20), ("3m", 180), ("2h", 7200), ("1h20m", 4800), ("3h30m10s", 12610)],
)
def test_time_spans_are_read(text: str, seconds: int) -> None:
    assert parse_timespan(text) == seconds


@pytest.mark.parametrize("text", ["", "abc", "1.5", "10x", "1m 2s", " 5", "-1", "1s2m"])
def test_anything_else_is_no_time_span(text: str) -> None:
    with pytest.raises(ValueError, match="Invalid time span format"):
        parse_timespan(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (59.9, "59 seconds"),
        (67, "1 minute and 7 seconds"),
        (3600, "1 hour"),
        (3723, "1 hour, 2 minutes and 3 seconds"),
        (90061, "1 day, 1 hour, 1 minute and 1 second"),
    ],
)
def test_durations_are_words(seconds: float, words: str) -> None:
    assert format_duration(0, seconds) == words


def test_times_are_written_in_utc() -> None:
    assert format_utc_timestamp(1795346995.7) == "2026-11-22T11:29:55Z"


@pytest.mark.parametrize(("value", "rounded"), [(0.5, 1), (1.5, 2), (2.5, 3), (287.4, 287), (3, 3)])
def test_halves_are_rounded_up(value: float, rounded: int) -> None:
    assert proper_round(value) == rounded


def test_urls_are_told_from_paths() -> None:
    assert [is_url(each) for each in ("http://a", "HTTPS://b/c", "ftp://x", "a.py", "http://")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_result_is_kept_until_it_is_cleared() -> None:
    calls = []

    @memoize(timeout=100)
    def costly() -> int:
        calls.append(1)
        return len(calls)

    assert (costly(), costly()) == (1, 1)
    costly.clear_cache()
    assert costly() == 2


def test_what_fails_is_tried_again_and_then_fails() -> None:
    calls = []

    @retry(delays=(0, 0), exception=ValueError)
    def failing() -> None:
        calls.append(1)
        raise ValueError

    with pytest.raises(ValueError):
        failing()
    assert len(calls) == 3


class A(User):
    weight = 3

    @task(3)
    def a(self): ...

    @task
    class T(TaskSet):
        @task
        def x(self): ...

        @task(3)
        def y(self): ...


class B(User):
    @task
    def b(self): ...


class Fixed(User):
    fixed_count = 2


def test_ratios_are_of_each_class_or_of_everything() -> None:
    spawned = {"A": 3, "B": 1}
    assert get_ratio([A, B], spawned, total=False)["A"] == {
        "ratio": 0.75,
        "tasks": {
            "a": {"ratio": 0.75},
            "T": {"ratio": 0.25, "tasks": {"x": {"ratio": 0.25}, "y": {"ratio": 0.75}}},
        },
    }
    assert get_ratio([A, B], spawned, total=True)["A"]["tasks"]["T"]["tasks"]["x"] == {
        "ratio": 0.75 * 0.25 * 0.25
    }
    assert get_ratio([A], {}, total=True)["A"]["ratio"] == 0


def test_the_table_of_ratios_is_indented_like_the_task_sets() -> None:
    lines = format_task_ratio(get_ratio([A], {"A": 1}, total=False))
    assert [line.rstrip() for line in lines] == [
        " 100.0      A",
        "   75.0       a",
        "   25.0       T",
        "     25.0       x",
        "     75.0       y",
    ]


@pytest.mark.parametrize(
    ("classes", "count", "expected"),
    [
        ([A, B], None, {"A": 3, "B": 1}),
        ([A, B], 2, {"A": 2, "B": 0}),
        ([A, B], 100, {"A": 75, "B": 25}),
        ([A, Fixed], None, {"A": 0, "Fixed": 2}),
        ([A, Fixed], 1, {"A": 0, "Fixed": 2}),
        ([A, Fixed], 5, {"A": 3, "Fixed": 2}),
    ],
)
def test_users_are_spread_fixed_ones_first(
    classes: list[type[User]], count: int | None, expected: dict[str, int]
) -> None:
    assert _calc_distribution(classes, count) == expected


def test_the_log_has_locusts_format_and_is_kept(capfd: pytest.CaptureFixture[str]) -> None:
    from locust.log import HOSTNAME, get_logs, setup_logging

    names = (None, "locust", "locust.stats_logger")
    before = {
        name: (logging.getLogger(name).handlers[:], logging.getLogger(name).level) for name in names
    }
    propagates = {name: logging.getLogger(name).propagate for name in names}
    try:
        setup_logging("info")
        logging.getLogger("locust.x").info("hello")
        logging.getLogger("locust.x").debug("never")
        logging.getLogger("locust.stats_logger").info("a table")
        lines = get_logs()
    finally:
        for name, (handlers, level) in before.items():
            logging.getLogger(name).handlers[:] = handlers
            logging.getLogger(name).setLevel(level)
            logging.getLogger(name).propagate = propagates[name]
    assert lines[-2].endswith(f" {HOSTNAME}/INFO/locust.x: hello")
    written = capfd.readouterr().err.splitlines()
    assert written[0].endswith(f"] {HOSTNAME}/INFO/locust.x: hello")
    assert written[1:] == ["a table"]
