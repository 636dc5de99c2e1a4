"""Wait times, among them the pacing that Locust was measured to have."""

import pytest
from locust import (
    TaskSet,
    User,
    between,
    constant,
    constant_pacing,
    constant_throughput,
    poisson,
    task,
)
from locust.env import Environment
from locust.exception import MissingWaitTimeError
from locust.user import wait_time


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    import locust.user.users

    clock = Clock()
    monkeypatch.setattr(wait_time, "perf_counter", clock)
    monkeypatch.setattr(locust.user.users, "perf_counter", clock)
    return clock


def starts(user: User, clock: Clock, lengths: list[float]) -> list[float]:
    """When each task starts, if tasks take `lengths` and sleeping takes what was asked for."""
    began = []
    for length in lengths:
        began.append(round(clock.now, 6))
        clock.now += length
        clock.now += user.wait_time()
    return began


def test_pacing_does_not_catch_up_what_a_long_task_has_lost(clock: Clock) -> None:
    class Paced(User):
        wait_time = constant_pacing(1)

    user = Paced(Environment())
    assert starts(user, clock, [0.1, 1.4, 0.1, 0.1, 0.1]) == [0, 1, 2.4, 3.4, 4.4]


def test_pacing_makes_up_for_a_sleep_that_was_too_long(clock: Clock) -> None:
    class Paced(User):
        wait_time = constant_pacing(1)

    user = Paced(Environment())
    clock.now = 0.2
    clock.now += user.wait_time() + 0.3
    assert clock.now == pytest.approx(1.3)
    assert user.wait_time() == pytest.approx(0.7)


def test_throughput_is_pacing_by_the_inverse(clock: Clock) -> None:
    class Paced(User):
        wait_time = constant_throughput(4)

    assert starts(Paced(Environment()), clock, [0.1, 0.1, 0.1]) == [0, 0.25, 0.5]


def test_uniform_times_stay_between_their_limits() -> None:
    times = [between(1, 3)(None) for _ in range(2000)]
    assert 1 <= min(times) < 1.1
    assert 2.9 < max(times) <= 3


def test_poisson_times_have_the_mean_of_the_rate() -> None:
    draw = poisson(4)
    times = [draw(None) for _ in range(20000)]
    # Five standard deviations of the mean.
    assert abs(sum(times) / len(times) - 0.25) < 5 * 0.25 / len(times) ** 0.5


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_must_be_positive(rate: int) -> None:
    with pytest.raises(ValueError, match=r"poisson\(\) requires a positive rate, got: "):
        poisson(rate)
    with pytest.raises(ValueError, match=r"constant_throughput\(\) requires a positive rate, got"):
        constant_throughput(rate)


def test_a_task_set_without_a_wait_time_has_that_of_the_user() -> None:
    class Own(TaskSet):
        wait_time = constant(2)

    class Inherited(TaskSet): ...

    class Waiting(User):
        wait_time = constant(3)

    user = Waiting(Environment())
    assert Own(user).wait_time() == 2
    assert Inherited(user).wait_time() == 3


def test_old_limits_count_only_without_a_wait_time() -> None:
    class Old(User):
        wait_time = None
        min_wait = 500
        max_wait = 500

        @task
        def work(self): ...

    assert TaskSet(Old(Environment())).wait_time() == 0.5

    class None_(User):
        wait_time = None

    with pytest.raises(MissingWaitTimeError):
        TaskSet(None_(Environment())).wait_time()
