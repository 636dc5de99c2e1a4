"""What a person sees of a run in a real terminal: while it lasts, at its end, after Ctrl-C."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from .command import finish, start
from .screen import Screen

#: Nine of ten requests succeed.
SHOPPER = """
import logging

from locust import HttpUser, constant, events, task


class Shopper(HttpUser):
    wait_time = constant(0.02)

    def on_start(self):
        logging.info("a shopper has come")

    @task(9)
    def enter(self):
        self.client.get("/")

    @task(1)
    def get_lost(self):
        self.client.get("/nowhere")
"""

#: The first row of the block; nothing else that is shown contains it.
RULE = "─"

#: The first rows of the block at 80 columns, and at 50.
WIDE = (
    f"^{RULE}+$",
    r"^locustfile  RUNNING \d:\d\d / \d:\d\d   [█░]{17}   http://127.0.0.1:\d+$",
    # Both are known from the fourth second on.
    r"^users 5/5   [\d.,–]+ req/s   failed ([\d.]+ %|–)$",
    r"^p50 [\d.]+ ms   p95 [\d.]+ ms   p99 [\d.]+ ms   in 10 s   p95 in 60 s [▁-█]+$",
    r"^in all [\d,]+ requests   \d+ failed   [\d.]+ %$",
    r"^worst  GET /nowhere +p95 [\d.]+ ms   failed 100.0 %$",
    r"^failed ×\d+ GET /nowhere: HTTPError\('404 C",
    r"^w/s ±1  W/S ±10 users   q stop   l hide log$",
)
NARROW = (
    f"^{RULE}+$",
    r"^locustfile  RUNNING 0:\d\d / \d:\d\d   ",
    r"^users 5/5   [\d.,–]+ req/s   failed ([\d.]+ %|–)$",
    r"^p50 [\d.]+ ms   p95 [\d.]+ ms   p99 [\d.]+ ms",
    r"^in all [\d,]+ requests   \d+ failed   [\d.]+ %$",
    r"^worst  GET /nowhere +",
    r"^failed ×\d+ GET /no.*…",
    r"^w/s ±1  W/S ±10 users   q stop   l hide log$",
)

#: In this order below a run.
SUMMARY = (
    r"^locustfile  ran 0:\d\d   http://127.0.0.1:\d+$",
    r"^ended: ",
    r"^[\d,]+ requests   [\d.,]+ req/s   failed [\d,]+, [\d.]+ %(   workers 2/2)?$",
    r"^p50 [\d.]+ ms   p95 [\d.]+ ms   p99 [\d.]+ ms ",
    r"^response times$",
    r" ms –  [ \d.]+ ms +[\d,]+ +[\d.]+ %  [█▏▎▍▌▋▊▉]+$",
    r"^endpoints$",
    r"^ +requests  failed ",
    r"^GET /nowhere +([\d,]+) +\1  ",
    r"^GET / +[\d,]+ +0  ",
    r"^all requests +[\d,]+ ",
    r"^failed requests$",
    r"^  ×[\d,]+ GET /nowhere: HTTPError\('404 ",
    r"^kept as run (\d+): gregaria report show \1$",
)

USERS = ("--headless", "-u", "5", "-r", "5")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "locustfile.py").write_text(SHOPPER)
    return tmp_path


@pytest.fixture
def screen(folder: Path) -> Iterator[Screen]:
    """A terminal as terminals have always been: 80 columns, 24 rows."""
    screen = Screen(folder)
    yield screen
    screen.close()


def block(lines: list[str], rows: int) -> list[str]:
    """The block, which is there once and has nothing below it."""
    [first] = [number for number, line in enumerate(lines) if line.startswith(RULE)]
    assert len(lines) == first + rows, "\n".join(lines)
    return lines[first:]


def is_drawn(lines: list[str], patterns: tuple[str, ...]) -> bool:
    """Whether the last rows are a block of this form."""
    last = lines[-len(patterns) :]
    return len(last) == len(patterns) and all(map(re.search, patterns, last))


def clock(lines: list[str]) -> str:
    """How long the run has lasted, as the block says."""
    [found] = re.findall(r"RUNNING (\d:\d\d) / ", "\n".join(lines))
    return found


def assert_summary(text: str) -> None:
    """The figures stand there once, in order and whole; of the block nothing is left."""
    assert "in all " not in text
    assert text.count(f"\n{RULE}") == 1
    rest = text[text.index("Shutting down (exit code") :].split("\n")
    for pattern in SUMMARY:
        at = [number for number, line in enumerate(rest) if re.search(pattern, line)]
        assert at, f"{pattern}\n{text}"
        rest = rest[at[0] + 1 :]
    assert text.count("all requests") == 1


def test_the_block_is_redrawn_in_place_with_failures_in_red_and_gives_way_to_the_summary(
    screen: Screen, target: str
) -> None:
    screen.start(*USERS, "-t", "60", "-H", target)
    first = screen.wait_until(lambda lines: is_drawn(lines, WIDE), "the block")
    above = first[: -len(WIDE)]
    second = screen.wait_until(
        lambda lines: is_drawn(lines, WIDE) and clock(lines) != clock(first), "the next block"
    )
    assert second[: -len(WIDE)] == above
    assert len(block(second, len(WIDE))) == len(WIDE)
    screen.press("q")
    assert screen.exit_code() == 1
    text = screen.text()
    assert text.count("a shopper has come") == 5
    assert_summary(text)
    assert re.search(rb"\x1b\[31m[1-9]\d* failed\x1b\[0m", screen.received)
    # The last colour has been turned off.
    assert re.findall(rb"\x1b\[[0-9;]*m", screen.received)[-1] == b"\x1b[0m"


def test_the_block_follows_the_size_of_the_terminal(screen: Screen, target: str) -> None:
    screen.start(*USERS, "-t", "60", "-H", target)
    screen.wait_until(lambda lines: is_drawn(lines, WIDE), "the block")
    logged = screen.text().split(RULE)[0]
    for columns, rows, form in ((50, 24, NARROW), (140, 11, WIDE), (80, 24, WIDE)):
        screen.resize(columns, rows)
        lines = screen.wait_until(
            lambda lines, form=form, columns=columns: (
                is_drawn(lines, form) and lines[-len(form)] == RULE * min(columns - 1, 76)
            ),
            f"the block in {columns} columns",
        )
        block(lines, len(form))
        assert screen.text().split(RULE)[0] == logged
        assert all(len(line) < columns for line in lines[-len(form) :])
    screen.press("q")
    assert screen.exit_code() == 1
    assert_summary(screen.text())


def test_a_terminal_lower_than_the_block_shows_what_matters_most(folder: Path, target: str) -> None:
    screen = Screen(folder, 80, 4)
    try:
        screen.start(*USERS, "-t", "60", "-H", target)
        first = screen.wait_until(lambda lines: is_drawn(lines, WIDE[1:3]), "the block")
        second = screen.wait_until(
            lambda lines: is_drawn(lines, WIDE[1:3]) and lines[-1] != first[-1], "the next block"
        )
        assert "\n".join(second).count("RUNNING") == 1
        screen.press("q")
        assert screen.exit_code() == 1
        text = screen.text()
        assert "RUNNING" not in text
        assert_summary(text)
    finally:
        screen.close()


def test_a_large_terminal_shows_more_and_an_error_that_repeats_is_shown_once_and_counted(
    folder: Path, target: str
) -> None:
    with (folder / "locustfile.py").open("a") as file:
        file.write(
            "\n    @task(5)\n    def order(self):\n"
            "        raise ValueError(f'no order {id(self)}')\n"
        )
    screen = Screen(folder, 140, 45)
    try:
        screen.start(*USERS, "-t", "60", "-H", target)
        screen.wait_until(
            lambda lines: any(line.startswith("       GET /  ") for line in lines), "a second one"
        )
        screen.wait_for(r"^errors ×\d\d+ no order \d+  \(order, locustfile.py:\d+\)$")
        screen.press("q")
        assert screen.exit_code() == 1
        text = screen.text()
        assert_summary(text)
        assert text.count("Traceback (most recent call last)") == 1
        assert re.search(r"\n  ×\d+ no order \d+  \(order, locustfile.py:\d+\)\n", text)
        heading = "requests failed failed % req/s avg min max p50 p95 p99"
        assert heading in [" ".join(line.split()) for line in screen.lines()]
    finally:
        screen.close()


def test_what_a_locustfile_prints_stands_above_the_block_once(
    screen: Screen, folder: Path, target: str
) -> None:
    with (folder / "locustfile.py").open("a") as file:
        file.write("\n    @task(1)\n    def speak(self): print('I am here')\n")
    screen.start(*USERS, "-t", "60", "-H", target)
    lines = screen.wait_until(
        lambda lines: is_drawn(lines, WIDE) and lines.count("I am here") > 20, "print and block"
    )
    block(lines, len(WIDE))
    screen.press("q")
    assert screen.exit_code() == 1
    assert_summary(screen.text())


def test_no_color_leaves_the_block_without_colours(screen: Screen, target: str) -> None:
    screen.start(*USERS, "-t", "60", "-H", target, variables={"NO_COLOR": "1"})
    screen.wait_until(lambda lines: is_drawn(lines, WIDE), "the block")
    screen.press("q")
    assert screen.exit_code() == 1
    assert b"\x1b[J" in screen.received
    assert not re.search(rb"\x1b\[[0-9;]*m", screen.received)


@pytest.mark.parametrize(("redirected", "is_drawn_there"), [("> out", True), ("2> out", False)])
def test_a_stream_that_goes_into_a_file_has_no_control_bytes(
    screen: Screen, folder: Path, target: str, redirected: str, is_drawn_there: bool
) -> None:
    # The block is for standard error, as are the log and the tables.
    screen.start(*USERS, "-t", "2", "--json", "-H", target, redirected)
    assert screen.exit_code() == 1
    assert (b"\x1b[J" in screen.received) == is_drawn_there
    written = (folder / "out").read_text()
    # Locust's tables are for programs, the summary is for people.
    assert ('"num_requests"' if is_drawn_there else "Error report") in written
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", written)


def test_pipes_get_no_control_bytes_whatever_the_terminal_is(folder: Path, target: str) -> None:
    arguments = (*USERS, "-t", "2", "--json", "-H", target)
    result = finish(start(folder, *arguments, variables={"TERM": "xterm-256color"}))
    assert result.code == 1
    assert "Error report" in result.stderr
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", result.stdout + result.stderr)


def test_ctrl_c_ends_gently_with_the_summary(screen: Screen, target: str) -> None:
    screen.start(*USERS, "-H", target)
    screen.wait_for("^locustfile  RUNNING 0:02 ")
    screen.press("C-c")
    assert screen.exit_code() == 1
    text = screen.text()
    assert "Traceback" not in text
    assert "ended: stopped by SIGINT" in text
    assert_summary(text)


def test_ctrl_c_twice_ends_at_once(screen: Screen, folder: Path, target: str) -> None:
    with (folder / "locustfile.py").open("a") as file:
        file.write(
            "\n    def on_stop(self):\n        import time\n"
            "        logging.info('stopping slowly')\n        time.sleep(600)\n"
        )
    screen.start(*USERS, "-H", target)
    screen.wait_for("^locustfile  RUNNING 0:01 ")
    screen.press("C-c")
    screen.wait_for("stopping slowly")
    screen.press("C-c")
    # 128 and the number of the signal: what a shell says of a program that a signal has ended.
    assert screen.exit_code() == 130
    text = screen.text()
    assert RULE not in text
    assert "Traceback" not in text
    assert "all requests" not in text
    assert_is_echoing(screen)


def test_keys_change_the_users_hold_the_log_back_and_end_the_run(
    screen: Screen, target: str
) -> None:
    screen.start(*USERS, "-H", target)
    for key, users in (("w", 6), ("W", 16), ("s", 15), ("S", 5)):
        screen.wait_for("^locustfile  RUNNING ")
        screen.press(key)
        screen.wait_for(f"^users {users}/{users} ")
    screen.press("l")
    screen.wait_for("l show log$")
    screen.press("w")
    screen.wait_for("^users 6/6 ")
    assert screen.text().count("Ramping to 6 users") == 1
    screen.press("l")
    screen.wait_for("l hide log$")
    assert screen.text().count("Ramping to 6 users") == 2
    # A key that is an arrow, and one that means nothing.
    screen.press("Up")
    screen.press("x")
    screen.press("q")
    assert screen.exit_code() == 1
    assert "ended: stopped at the terminal" in screen.text()
    assert_summary(screen.text())
    assert_is_echoing(screen)


def assert_is_echoing(screen: Screen) -> None:
    """The terminal shows what is typed again."""
    for key in "echo":
        screen.press(key)
    screen.wait_for("^echo$")


def test_workers_of_the_same_machine_do_not_tear_the_block(screen: Screen, target: str) -> None:
    free = str(port())
    ports = ("--master-bind-port", free, "--master-port", free)
    bound = ("--master-bind-host", "127.0.0.1", "--processes", "2")
    screen.start(*USERS, "-t", "60", "-H", target, *ports, *bound)
    lines = screen.wait_until(
        lambda lines: (
            any(re.search("^users 5/5 .*workers 2/2$", line) for line in lines)
            and any("GET /nowhere: " in line for line in lines)
        ),
        "figures of two workers",
    )
    assert sum(line.startswith(RULE) for line in lines) == 1
    screen.press("q")
    assert screen.exit_code() == 1
    text = screen.text()
    assert "%   workers 2/2\n" in text
    assert text.count("a shopper has come") == 5
    assert all("a shopper has come" in line for line in text.split("\n") if "INFO/root" in line)
    assert_summary(text)


def port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
