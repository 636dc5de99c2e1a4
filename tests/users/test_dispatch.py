"""Which users come when: Locust's sequences, its trace, and its pace."""

from itertools import islice

import pytest
from locust import User
from locust.dispatch import UsersDispatcher, _kl_generator
from locust.runners import WorkerNode


def user_class(name: str, weight: float = 1, fixed_count: int = 0) -> type[User]:
    return type(name, (User,), {"weight": weight, "fixed_count": fixed_count})


@pytest.mark.parametrize(
    ("weights", "sequence"),
    [
        ({"A": 5, "B": 1}, "AABAAAAABAAAAABAAAAABAAA"),
        ({"A": 3, "B": 2, "C": 1}, "ABCABAABCABAABCABAABCABA"),
        ({"A": 1, "B": 1, "C": 1}, "ABCABCABCABC"),
        ({"A": 0.5, "B": 0.3, "C": 0.2}, "ABCABAACBAABCABAACBA"),
        ({"A": 10, "B": 1, "C": 1}, "AAAABCAAAAAAAAAAABCAAAAA"),
    ],
)
def test_every_beginning_is_close_to_the_weights(weights: dict[str, float], sequence: str) -> None:
    assert "".join(islice(_kl_generator(weights.items()), len(sequence))) == sequence


def test_without_weights_nobody_comes() -> None:
    assert list(islice(_kl_generator([]), 2)) == [None, None]


class Paced(UsersDispatcher):
    """Keeps how long it was asked to wait, and does not wait."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.waits: list[float] = []
        self._sleep = lambda seconds: self.waits.append(round(seconds, 1))


def test_the_trace_of_three_workers_is_locusts() -> None:
    workers = [WorkerNode(each) for each in ("hostb_1", "hosta_2", "hosta_1")]
    classes = [user_class("A", 3), user_class("B", 1), user_class("C", 1, fixed_count=2)]
    dispatcher = Paced(workers, classes)

    dispatcher.new_dispatch(7, 2.5)
    steps = list(dispatcher)
    assert steps == [
        {"hosta_1": {"A": 0, "B": 0, "C": 1}, "hostb_1": {"A": 0, "B": 0, "C": 1},
         "hosta_2": {"A": 0, "B": 0, "C": 0}},
        {"hosta_1": {"A": 0, "B": 1, "C": 1}, "hostb_1": {"A": 0, "B": 0, "C": 1},
         "hosta_2": {"A": 1, "B": 0, "C": 0}},
        {"hosta_1": {"A": 0, "B": 1, "C": 1}, "hostb_1": {"A": 1, "B": 0, "C": 1},
         "hosta_2": {"A": 2, "B": 0, "C": 0}},
        {"hosta_1": {"A": 1, "B": 1, "C": 1}, "hostb_1": {"A": 1, "B": 0, "C": 1},
         "hosta_2": {"A": 2, "B": 0, "C": 0}},
    ]  # fmt: skip
    assert dispatcher.get_current_user_count() == 7

    dispatcher.new_dispatch(3, 3)
    steps = list(dispatcher)
    assert steps == [
        {"hosta_1": {"A": 0, "B": 1, "C": 1}, "hostb_1": {"A": 0, "B": 0, "C": 1},
         "hosta_2": {"A": 1, "B": 0, "C": 0}},
        {"hosta_1": {"A": 0, "B": 0, "C": 1}, "hostb_1": {"A": 0, "B": 0, "C": 1},
         "hosta_2": {"A": 1, "B": 0, "C": 0}},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rate", "batch", "wait"), [(2.5, 2, 0.8), (0.5, 1, 2.0), (1, 1, 1.0), (100, 100, 1.0)]
)
def test_whole_users_come_at_the_pace_of_the_rate(rate: float, batch: int, wait: float) -> None:
    dispatcher = Paced([WorkerNode("w")], [user_class("A")])
    dispatcher.new_dispatch(3 * batch, rate)
    counts = [step["w"]["A"] for step in dispatcher]
    assert counts == [batch, 2 * batch, 3 * batch]
    assert dispatcher.waits[0] == pytest.approx(wait, abs=0.11)
    assert len(dispatcher.waits) == 2


def test_a_target_that_is_reached_already_is_said_once() -> None:
    dispatcher = Paced([WorkerNode("w")], [user_class("A")])
    dispatcher.new_dispatch(0, 1)
    assert list(dispatcher) == [{"w": {"A": 0}}]
    assert not dispatcher.dispatch_in_progress


def test_fixed_users_alone_end_the_ramp_early() -> None:
    dispatcher = Paced([WorkerNode("w")], [user_class("A", fixed_count=2)])
    dispatcher.new_dispatch(5, 10)
    assert list(dispatcher)[-1] == {"w": {"A": 2}}


def test_fixed_users_come_back_first() -> None:
    dispatcher = Paced([WorkerNode("w")], [user_class("A"), user_class("F", fixed_count=1)])
    for target, expected in ((1, {"A": 0, "F": 1}), (0, {"A": 0, "F": 0}), (2, {"A": 1, "F": 1})):
        dispatcher.new_dispatch(target, 10)
        assert list(dispatcher)[-1]["w"] == expected


def test_other_classes_replace_only_who_comes_next() -> None:
    first, second = user_class("A"), user_class("B")
    dispatcher = Paced([WorkerNode("w")], [first, second])
    dispatcher.new_dispatch(2, 10, [first])
    list(dispatcher)
    dispatcher.new_dispatch(4, 10, [second])
    assert list(dispatcher)[-1]["w"] == {"A": 2, "B": 2}


def test_impossible_numbers_are_refused() -> None:
    dispatcher = Paced([WorkerNode("w")], [user_class("A")])
    with pytest.raises(ValueError, match="target_user_count must be >= 0, got -1"):
        dispatcher.new_dispatch(-1, 1)
    with pytest.raises(ValueError, match="spawn_rate must be > 0, got 0"):
        dispatcher.new_dispatch(1, 0)
    with pytest.raises(ValueError, match="spawn_rate must be a finite number, got inf"):
        dispatcher.new_dispatch(1, float("inf"))
    with pytest.raises(ValueError, match="there is no user class"):
        UsersDispatcher([WorkerNode("w")], [])


def test_a_node_that_joins_between_two_steps_gets_its_share() -> None:
    dispatcher = Paced([WorkerNode("w_1")], [user_class("A")])
    dispatcher._sleep = lambda seconds: dispatcher.add_worker(WorkerNode("w_2"))
    dispatcher.new_dispatch(4, 2)
    assert next(dispatcher) == {"w_1": {"A": 2}}
    assert next(dispatcher) == {"w_1": {"A": 2}, "w_2": {"A": 2}}


def test_a_node_that_leaves_hands_its_users_to_the_others() -> None:
    nodes = [WorkerNode("w_1"), WorkerNode("w_2")]
    dispatcher = Paced(nodes, [user_class("A")])
    dispatcher.new_dispatch(4, 4)
    assert list(dispatcher) == [{"w_1": {"A": 2}, "w_2": {"A": 2}}]
    dispatcher.remove_worker(nodes[0])
    dispatcher.new_dispatch(4, 4)
    assert next(dispatcher) == {"w_2": {"A": 4}}
    assert dispatcher.get_current_user_count() == 4


def test_a_class_that_the_test_does_not_have_is_refused() -> None:
    dispatcher = Paced([WorkerNode("w")], [user_class("A")])
    with pytest.raises(ValueError, match="unknown user class `B`"):
        dispatcher.new_dispatch(1, 1, [user_class("B")])
