"""How task sets gather tasks, and what the loop does with them."""

import gevent
import pytest
from locust import SequentialTaskSet, TaskSet, User, constant, tag, task
from locust.env import Environment
from locust.exception import RescheduleTask, StopUser
from locust.user.task import DefaultTaskSet, _sleep, filter_tasks_by_tags


def run(user_class: type[User]) -> User:
    """Runs one user in this greenlet until it stops by itself."""
    user = user_class(Environment(user_classes=[user_class]))
    with gevent.Timeout(10):
        user.run()
    return user


def names(holder: type) -> list[str]:
    return [each.__name__ for each in holder.tasks]


def test_tasks_of_bases_come_first_then_the_list_then_methods_by_weight() -> None:
    def listed(user): ...

    class Base(User):
        @task(2)
        def base(self): ...

    class Derived(Base):
        tasks = {listed: 2}

        @task
        def own(self): ...

    assert names(Derived) == ["base", "base", "listed", "listed", "own"]
    assert names(Base) == ["base", "base"]


def test_a_weight_of_zero_leaves_a_task_out() -> None:
    class Lazy(User):
        @task(0)
        def never(self): ...

    assert Lazy.tasks == []


def test_a_weight_that_is_no_whole_number_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(TypeError):

        class Half(User):
            @task(0.5)
            def half(self): ...


def test_the_decorator_is_the_function_and_the_module_still_imports() -> None:
    import locust.user
    from locust.user.task import LOCUST_STATE_RUNNING

    assert callable(locust.user.task)
    assert LOCUST_STATE_RUNNING == "running"
    import locust.user.task

    assert callable(locust.user.task)


def test_tasks_are_picked_in_proportion_to_their_weights() -> None:
    class Weighted(User):
        counts = {"rare": 0, "often": 0}

        @task(1)
        def rare(self):
            self.count("rare")

        @task(3)
        def often(self):
            self.count("often")

        def count(self, name):
            self._has_yielded = True
            self.counts[name] += 1
            if sum(self.counts.values()) == 8000:
                raise StopUser()

    # Five standard deviations of a binomial distribution with n = 8000 and p = 1/4.
    assert abs(run(Weighted).counts["rare"] - 2000) < 5 * (8000 * 0.25 * 0.75) ** 0.5


def test_tasks_may_be_replaced_while_the_user_runs() -> None:
    class Turncoat(User):
        @task
        def before(self):
            self.tasks = [Turncoat.after]

        def after(self):
            raise StopUser()

    run(Turncoat)


def test_a_wait_of_zero_lets_others_run_unless_the_user_has_been_switched_out() -> None:
    others: list[int] = []
    seen: list[int] = []

    class Busy(User):
        @task
        def work(self):
            seen.append(len(others))
            self._has_yielded = len(seen) > 5
            if len(seen) == 10:
                raise StopUser()

    def other() -> None:
        while True:
            others.append(1)
            gevent.sleep(0)

    greenlet = gevent.spawn(other)
    run(Busy)
    greenlet.kill()
    assert sorted(set(seen[:6])) == seen[:6]
    assert set(seen[5:]) == {seen[5]}


def test_the_wait_time_may_change_while_the_user_runs() -> None:
    class Moody(User):
        asked = 0

        @task
        def work(self):
            self.wait_time = self.other

        def other(self):
            raise StopUser()

    run(Moody)


def test_a_state_of_stopping_ends_the_user_after_its_task() -> None:
    class Stopped(User):
        wait_time = constant(100)
        stopped = False

        def on_stop(self):
            self.stopped = True

        @task
        def work(self):
            self._state = "stopping"

    assert run(Stopped).stopped


@pytest.mark.parametrize(
    "method", ["wait", "execute_next_task", "schedule_task", "execute_task", "_sleep"]
)
def test_a_method_that_is_overridden_is_called(method: str) -> None:
    called = []

    def overriding(self, *arguments):
        called.append(method)
        return getattr(TaskSet, method)(self, *arguments)

    class Work(TaskSet):
        turns = 0

        @task
        def work(self):
            self.turns += 1
            if self.turns == 2:
                raise StopUser()

    hooked = type("Hooked", (Work,), {method: overriding})

    class Owner(User):
        tasks = [hooked]

    run(Owner)
    assert method in called


def test_a_method_replaced_on_the_instance_is_called() -> None:
    class Owner(User):
        @task
        class Work(TaskSet):
            def on_start(self):
                self.wait = self.stop

            def stop(self):
                raise StopUser()

            @task
            def work(self): ...

    run(Owner)


def test_rescheduling_counts_as_the_end_of_a_task() -> None:
    class Again(User):
        waits = 0

        def wait_time(self):
            self.waits += 1
            if self.waits == 2:
                raise StopUser()
            return 0

        @task
        def work(self):
            raise RescheduleTask()

    assert run(Again).waits == 2


def test_a_sequence_begins_at_its_first_task_when_entered_again() -> None:
    seen = []

    class Owner(User):
        @task
        class Steps(SequentialTaskSet):
            @task
            def first(self):
                seen.append("first")

            @task
            def second(self):
                seen.append("second")
                if len(seen) == 4:
                    raise StopUser()
                self.interrupt()

            @task
            def third(self):
                seen.append("third")

    run(Owner)
    assert seen == ["first", "second", "first", "second"]


def test_a_list_in_a_sequence_has_the_place_it_was_written_at() -> None:
    def listed(user): ...

    class Steps(SequentialTaskSet):
        @task(2)
        def first(self): ...

        tasks = [listed]

        @task
        def last(self): ...

    assert names(Steps) == ["first", "first", "listed", "last"]


def test_tags_of_a_task_set_reach_its_tasks() -> None:
    @tag("outer")
    class Set(TaskSet):
        @task
        def plain(self): ...

        @tag("inner")
        @task
        def tagged(self): ...

    assert [each.locust_tag_set for each in Set.tasks] == [{"outer"}, {"outer", "inner"}]


def test_filtering_keeps_what_is_included_and_not_excluded() -> None:
    class Tagged(User):
        @tag("a")
        @task
        def a(self): ...

        @tag("a", "b")
        @task
        def both(self): ...

        @task
        def none(self): ...

        @task
        class Set(TaskSet):
            @tag("b")
            @task
            def b(self): ...

    filter_tasks_by_tags(Tagged, {"a"}, {"b"})
    assert names(Tagged) == ["a"]


def test_a_tag_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="No tag name was supplied"):
        tag()
    with pytest.raises(ValueError, match="No tag name was supplied"):
        tag(print)


def test_a_user_with_a_misspelt_list_of_tasks_is_told_so() -> None:
    class Idle(User):
        task = []

    with pytest.raises(Exception, match=r"No tasks defined on Idle\. Use the @task decorator"):
        DefaultTaskSet(Idle(Environment())).get_next_task()

    class Misspelt(User):
        task = [print]

    with pytest.raises(Exception, match="maybe you meant to set 'tasks'"):
        DefaultTaskSet(Misspelt(Environment())).get_next_task()


@pytest.mark.parametrize("seconds", [-1, 0, 1e-9, 0.001])
def test_sleeping_lets_others_run_and_comes_back(seconds: float) -> None:
    order = []
    gevent.spawn(order.append, "other")
    _sleep(seconds)
    order.append("self")
    assert order == ["other", "self"]


@pytest.mark.parametrize("seconds", [float("inf"), 1e300])
def test_a_wait_without_end_can_be_killed(seconds: float) -> None:
    sleeper = gevent.spawn(_sleep, seconds)
    gevent.sleep(0)
    assert not sleeper.ready()
    sleeper.kill(timeout=60)
    assert sleeper.ready()
