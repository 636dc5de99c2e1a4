"""What a person sees of a run in a real terminal: while it lasts, at its end, after Ctrl-C."""

import re
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

#: The rows of the block at 60 columns and more, and below.
WIDE = (
    f"^{RULE}+$",
    r"^running  5 users +0:0\d / \d:\d\d$",
    r"^requests +\d+ +\d+\.\d /s$",
    r"^failures +\d+ +\d+\.\d /s  \d+\.\d\d %$",
    r"^response time   p50 [\d.]+ ms   p95 [\d.]+ ms   p99 [\d.]+ ms$",
)
NARROW = (
    f"^{RULE}+$",
    r"^running  5 users +0:0\d / \d:\d\d$",
    r"^requests \d+$",
    r"^failures \d+  \d+\.\d\d %$",
    r"^p50 [\d.]+ ms  p95 [\d.]+ ms$",
)

#: In this order below a run.
SUMMARY = (
    r"^Type     Name +# reqs +# fails \|",
    r"^GET      / +\d+ +0\(0\.00%\) \|",
    r"^GET      /nowhere +(\d+) +\1\(100\.00%\) \|",
    r"^ +Aggregated +\d+ +\d+\(",
    r"^Response time percentiles \(approximated\)$",
    r"^Type     Name +50% .* 100% # reqs$",
    r"^ +Aggregated( +\d+){12}$",
    r"^Error report$",
    r"^# occurrences      Error +$",
    r"^\d+ +GET /nowhere: HTTPError\('404 Client Error: Not Found for url: /nowhere'\)",
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
    [found] = re.findall(r"(\d:\d\d) / \d:\d\d", "\n".join(lines))
    return found


def assert_summary(text: str) -> None:
    """The figures stand there once, in order and whole; of the block nothing is left."""
    assert RULE not in text
    rest = text[text.index("Shutting down (exit code") :].split("\n")
    for pattern in SUMMARY:
        at = [number for number, line in enumerate(rest) if re.search(pattern, line)]
        assert at, f"{pattern}\n{text}"
        rest = rest[at[0] + 1 :]
    assert text.count("Aggregated") == 2
    assert text.count("Error report") == 1


def test_the_block_is_redrawn_in_place_and_gives_way_to_the_summary(
    screen: Screen, target: str
) -> None:
    screen.start(*USERS, "-t", "4", "-H", target)
    first = screen.wait_until(lambda lines: is_drawn(lines, WIDE), "the block")
    above = first[: -len(WIDE)]
    second = screen.wait_until(
        lambda lines: is_drawn(lines, WIDE) and clock(lines) != clock(first), "the next block"
    )
    assert second[: -len(WIDE)] == above
    assert len(block(second, len(WIDE))) == len(WIDE)
    assert screen.exit_code() == 1
    text = screen.text()
    assert text.count("a shopper has come") == 5
    assert_summary(text)


def test_the_block_follows_the_size_of_the_terminal(screen: Screen, target: str) -> None:
    screen.start(*USERS, "-t", "6", "-H", target)
    screen.wait_until(lambda lines: is_drawn(lines, WIDE), "the block")
    logged = screen.text().split(RULE)[0]
    for columns, rows, form in ((50, 24, NARROW), (120, 10, WIDE), (80, 24, WIDE)):
        screen.resize(columns, rows)
        lines = screen.wait_until(
            lambda lines, form=form, columns=columns: (
                is_drawn(lines, form) and lines[-len(form)] == RULE * min(columns - 1, 76)
            ),
            f"the block in {columns} columns",
        )
        block(lines, len(form))
        assert screen.text().split(RULE)[0] == logged
    assert screen.exit_code() == 1
    assert_summary(screen.text())


def test_a_terminal_lower_than_the_block_shows_its_last_rows_once(
    folder: Path, target: str
) -> None:
    screen = Screen(folder, 80, 4)
    try:
        screen.start(*USERS, "-t", "3", "-H", target)
        first = screen.wait_until(lambda lines: is_drawn(lines, WIDE[-2:]), "the block")
        second = screen.wait_until(
            lambda lines: is_drawn(lines, WIDE[-2:]) and lines[-1] != first[-1], "the next block"
        )
        assert "\n".join(second).count("response time ") == 1
        assert screen.exit_code() == 1
        text = screen.text()
        assert "response time " not in text
        assert_summary(text)
    finally:
        screen.close()


def test_what_a_locustfile_prints_stands_above_the_block_once(
    screen: Screen, folder: Path, target: str
) -> None:
    with (folder / "locustfile.py").open("a") as file:
        file.write("\n    @task(1)\n    def speak(self): print('I am here')\n")
    screen.start(*USERS, "-t", "3", "-H", target)
    lines = screen.wait_until(
        lambda lines: is_drawn(lines, WIDE) and lines.count("I am here") > 20, "print and block"
    )
    block(lines, len(WIDE))
    assert screen.exit_code() == 1
    assert_summary(screen.text())


def test_no_color_leaves_the_block_without_colours(screen: Screen, target: str) -> None:
    screen.start(*USERS, "-t", "2", "-H", target, variables={"NO_COLOR": "1"})
    screen.wait_until(lambda lines: is_drawn(lines, WIDE), "the block")
    assert screen.exit_code() == 1
    assert b"\x1b[J" in screen.received
    assert not re.search(rb"\x1b\[[0-9;]*m", screen.received)


def test_failures_are_red_and_colours_end_with_their_row(screen: Screen, target: str) -> None:
    screen.start(*USERS, "-t", "3", "-H", target)
    assert screen.exit_code() == 1
    assert re.search(rb"\x1b\[31mfailures +[1-9][^\x1b\n]*\x1b\[0m\r\n", screen.received)
    # The last colour has been turned off.
    assert re.findall(rb"\x1b\[[0-9;]*m", screen.received)[-1] == b"\x1b[0m"


@pytest.mark.parametrize(("redirected", "is_drawn_there"), [("> out", True), ("2> out", False)])
def test_a_stream_that_goes_into_a_file_has_no_control_bytes(
    screen: Screen, folder: Path, target: str, redirected: str, is_drawn_there: bool
) -> None:
    # The block is for standard error, as are the log and the tables.
    screen.start(*USERS, "-t", "2", "--json", "-H", target, redirected)
    assert screen.exit_code() == 1
    assert (b"\x1b[J" in screen.received) == is_drawn_there
    written = (folder / "out").read_text()
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
    screen.wait_for("^running  5 users +0:02$")
    screen.press("C-c")
    assert screen.exit_code() == 1
    text = screen.text()
    assert "Traceback" not in text
    assert_summary(text)


def test_ctrl_c_twice_ends_at_once(screen: Screen, folder: Path, target: str) -> None:
    with (folder / "locustfile.py").open("a") as file:
        file.write(
            "\n    def on_stop(self):\n        import time\n"
            "        logging.info('stopping slowly')\n        time.sleep(600)\n"
        )
    screen.start(*USERS, "-H", target)
    screen.wait_for("^running  5 users +0:01$")
    screen.press("C-c")
    screen.wait_for("stopping slowly")
    screen.press("C-c")
    # 128 and the number of the signal: what a shell says of a program that a signal has ended.
    assert screen.exit_code() == 130
    text = screen.text()
    assert RULE not in text
    assert "Traceback" not in text
    assert "Aggregated" not in text
