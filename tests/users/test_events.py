"""Event hooks: who is called, what an exception does, and that a request is counted once."""

import logging

import pytest
from locust import log
from locust.event import DeprecatedEventHook, EventHook, Events
from locust.exception import InterruptTaskSet, RescheduleTask, StopTest, StopUser


class Recorder:
    """Stands for the statistics."""

    def __init__(self) -> None:
        self.recorded: list[tuple[object, ...]] = []

    def record(self, *request: object) -> None:
        self.recorded.append(request)


@pytest.fixture(autouse=True)
def _nothing_unhandled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "unhandled_greenlet_exception", False)


def request(**changes: object) -> dict[str, object]:
    return {
        "request_type": "GET",
        "name": "/",
        "response_time": 1.5,
        "response_length": 3,
        "exception": None,
        "context": {},
    } | changes


def test_listeners_are_called_in_their_order_or_in_reverse() -> None:
    hook, calls = EventHook(), []
    hook.add_listener(lambda word: calls.append(("first", word)))
    hook.add_listener(lambda word: calls.append(("second", word)))
    hook.fire(word="a")
    hook.fire(reverse=True, word="b")
    assert calls == [("first", "a"), ("second", "a"), ("second", "b"), ("first", "b")]


def test_adding_a_listener_works_as_a_decorator() -> None:
    hook, calls = EventHook(), []

    @hook.add_listener
    def listener() -> None:
        calls.append(1)

    hook.fire()
    hook.remove_listener(listener)
    hook.fire()
    assert calls == [1]


def test_a_listener_may_remove_itself_while_the_others_are_called() -> None:
    hook, calls = EventHook(), []

    def once() -> None:
        calls.append("once")
        hook.remove_listener(once)

    hook.add_listener(once)
    hook.add_listener(lambda: calls.append("always"))
    hook.fire()
    hook.fire()
    assert calls == ["once", "always", "always"]


def test_a_listener_that_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    hook, calls = EventHook(), []
    hook.add_listener(lambda: 1 / 0)
    hook.add_listener(lambda: calls.append(1))
    with caplog.at_level(logging.ERROR):
        hook.fire()
    assert calls == [1]
    assert "Uncaught exception in event handler: \nTraceback" in caplog.text
    assert log.unhandled_greenlet_exception


@pytest.mark.parametrize("error", [StopUser, StopTest, RescheduleTask, InterruptTaskSet])
def test_exceptions_that_steer_a_user_pass_through(error: type[Exception]) -> None:
    hook = EventHook()

    @hook.add_listener
    def steer() -> None:
        raise error()

    with pytest.raises(error):
        hook.fire()


def test_measuring_reports_how_long_a_block_took_and_what_it_raised() -> None:
    hook, calls = EventHook(), []
    hook.add_listener(lambda **kwargs: calls.append(kwargs))
    with hook.measure("X", "name", 3, {"a": 1}) as reported:
        reported["response_length"] = 7
        raise ValueError("bad")
    (call,) = calls
    assert isinstance(call["exception"], ValueError)
    assert (call["request_type"], call["name"], call["response_length"]) == ("X", "name", 7)
    assert call["context"] == {"a": 1}
    assert 0 <= call["response_time"] < 1000


def test_firing_a_request_counts_it_even_if_nobody_listens() -> None:
    events, recorder = Events(), Recorder()
    events.request.recorder = recorder
    events.request.fire(**request())
    events.request.fire(**request(exception=ValueError("bad"), response_time=None))
    assert recorder.recorded == [
        ("GET", "/", 1.5, 3, None, None, None, None),
        ("GET", "/", None, 3, "ValueError('bad')", None, None, None),
    ]


def test_a_failure_that_is_text_stays_as_it_is() -> None:
    events, recorder = Events(), Recorder()
    events.request.recorder = recorder
    events.request.fire(**request(exception="text"))
    assert recorder.recorded[0][4] == "text"


def test_notifying_does_not_count() -> None:
    events, recorder, calls = Events(), Recorder(), []
    events.request.recorder = recorder
    events.request.add_listener(lambda **kwargs: calls.append(kwargs["name"]))
    events.request.notify(request())
    assert calls == ["/"]
    assert recorder.recorded == []


def test_a_request_that_lacks_an_argument_is_an_error_of_the_one_who_fires_it() -> None:
    events, calls = Events(), []
    events.request.recorder = Recorder()
    events.request.add_listener(lambda **_: calls.append(1))
    events.request.fire(request_type="GET", name="/")
    assert log.unhandled_greenlet_exception
    assert calls == [1]


def test_a_subclass_of_events_adds_hooks_of_its_own() -> None:
    class Mine(Events):
        special: EventHook

    events = Mine()
    assert isinstance(events.special, EventHook)
    assert isinstance(events.test_start, EventHook)
    assert events.special is not Mine().special


def test_a_deprecated_hook_warns_who_listens(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        DeprecatedEventHook("use the other").add_listener(print)
    assert "use the other" in caplog.text
