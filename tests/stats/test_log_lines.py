"""Log lines beside a block: what is folded, and what waits until it is wanted."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import Iterator

import pytest

from gregaria import _log_lines
from gregaria._log_lines import LogLines


class Place:
    """A logger, and what it has written."""

    def __init__(self) -> None:
        self.logger = logging.Logger("test of the lines")
        self._stream = io.StringIO()
        self.handler = logging.StreamHandler(self._stream)
        self.logger.addHandler(self.handler)
        self.lines = LogLines()

    def text(self) -> str:
        return self._stream.getvalue()

    def fail(self, number: int) -> None:
        """As a task that fails is logged."""
        try:
            raise ValueError(f"order {number}")
        except ValueError as error:
            self.logger.error("%s\n%s", error, traceback.format_exc())


@pytest.fixture
def place() -> Iterator[Place]:
    place = Place()
    place.lines.begin([place.handler])
    yield place
    place.lines.end()


def test_an_error_with_the_traceback_of_an_earlier_one_is_not_shown_again(place: Place) -> None:
    for number in range(3):
        place.fail(number)
    place.logger.error("without a traceback")
    place.logger.error("without a traceback")
    try:
        raise KeyError("another place")
    except KeyError:
        place.logger.exception("by exc_info")
    assert place.text().count("Traceback (most recent call last)") == 2
    assert "ValueError: order 0" in place.text()
    assert "order 1" not in place.text()
    assert place.text().count("without a traceback") == 2
    assert "KeyError: 'another place'" in place.text()
    place.lines.forget()
    place.fail(3)
    assert "ValueError: order 3" in place.text()


def test_lines_that_are_held_back_are_shown_in_order_when_they_are_wanted(place: Place) -> None:
    place.logger.warning("first")
    place.lines.toggle()
    place.logger.warning("second %s", 2)
    place.fail(1)
    place.fail(2)
    assert place.text() == "first\n"
    place.lines.toggle()
    assert place.text().startswith("first\nsecond 2\norder 1\n")
    assert place.text().count("Traceback") == 1
    place.logger.warning("last")
    assert place.text().endswith("last\n")


def test_of_very_many_lines_the_last_are_kept_and_the_others_counted(place: Place) -> None:
    place.lines.toggle()
    for number in range(_log_lines.KEPT + 7):
        place.logger.warning("line %s", number)
    place.lines.end()
    written = place.text().splitlines()
    assert written[:2] == ["7 older lines are left out", "line 7"]
    assert len(written) == _log_lines.KEPT + 1
    place.logger.warning("after the block")
    assert place.text().endswith("after the block\n")
