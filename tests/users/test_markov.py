"""Markov chains are checked when the class is made, and followed from the first step."""

import logging

import pytest
from locust import MarkovTaskSet, User, tag, transition, transitions
from locust.env import Environment
from locust.user.markov_taskset import (
    InvalidTransitionError,
    MarkovTaskTagError,
    NoMarkovTasksError,
    NonMarkovTaskTransitionError,
)


def test_a_chain_needs_a_step() -> None:
    with pytest.raises(NoMarkovTasksError, match="No Markov tasks defined in class Empty"):

        class Empty(MarkovTaskSet): ...


def test_an_abstract_chain_needs_none() -> None:
    class Base(MarkovTaskSet):
        abstract = True


def test_a_transition_must_lead_to_something_that_exists() -> None:
    with pytest.raises(InvalidTransitionError, match="Transition to nowhere from a is invalid"):

        class Lost(MarkovTaskSet):
            @transition("nowhere")
            def a(self): ...


def test_a_transition_must_lead_to_a_step() -> None:
    with pytest.raises(NonMarkovTaskTransitionError, match=r"Stuck\.b cannot be used as a target"):

        class Stuck(MarkovTaskSet):
            @transition("b")
            def a(self): ...

            def b(self): ...


def test_a_step_cannot_have_tags() -> None:
    with pytest.raises(MarkovTaskTagError, match=r"Tags detected on Tagged\.a"):

        class Tagged(MarkovTaskSet):
            @tag("x")
            @transition("a")
            def a(self): ...


def test_a_step_that_cannot_be_reached_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):

        class Split(MarkovTaskSet):
            @transition("a")
            def a(self): ...

            @transition("a")
            def b(self): ...

    assert "The following markov tasks are unreachable in class Split: {'b'}" in caplog.text


def test_weights_say_how_often_a_name_stands_in_the_list() -> None:
    class Weighted(MarkovTaskSet):
        @transition("b", 2)
        @transition("a")
        def a(self): ...

        @transitions({"a": 2, "b": 1})
        def b(self): ...

        @transitions([("a", 2), "b"])
        def c(self): ...

    assert Weighted.a.transitions == ["a", "b", "b"]
    assert Weighted.b.transitions == ["a", "a", "b"]
    assert Weighted.c.transitions == ["a", "a", "b"]


def test_the_chain_begins_at_its_first_step_for_every_user() -> None:
    class Walk(MarkovTaskSet):
        @transition("b")
        def a(self): ...

        @transition("c")
        def b(self): ...

        @transition("a")
        def c(self): ...

    for _ in range(2):
        walk = Walk(User(Environment()))
        steps = [walk.get_next_task().__name__ for _ in range(4)]
        assert steps == ["a", "b", "c", "a"]


def test_steps_are_drawn_by_their_weights() -> None:
    class Drawn(MarkovTaskSet):
        @transitions({"a": 3, "b": 1})
        def a(self): ...

        @transitions({"a": 3, "b": 1})
        def b(self): ...

    drawn = Drawn(User(Environment()))
    count = sum(drawn.get_next_task().__name__ == "b" for _ in range(8000))
    assert abs(count - 2000) < 5 * (8000 * 0.25 * 0.75) ** 0.5
