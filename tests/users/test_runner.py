"""The local runner, where what it does cannot be seen in the order of events alone."""

import re
from unittest.mock import Mock

import gevent
import pytest
from locust import HttpUser, LoadTestShape, User, _runner, constant, task
from locust.env import Environment
from locust.exception import RunnerAlreadyExistsError, StopTest
from locust.runners import LocalRunner, MasterRunner, WorkerRunner


class Waiting(User):
    wait_time = constant(100)

    @task
    def work(self): ...


def runner_for(*user_classes: type[User], **arguments: object) -> LocalRunner:
    return Environment(user_classes=list(user_classes), **arguments).create_local_runner()


def until(event: gevent.event.Event) -> None:
    assert event.wait(timeout=60)


def spawned(runner: LocalRunner) -> gevent.event.Event:
    """Set when all users have been spawned and have had a turn."""
    event = gevent.event.Event()

    def listener(user_count: int) -> None:
        gevent.spawn(event.set)

    runner.environment.events.spawning_complete.add_listener(listener)
    return event


@pytest.mark.parametrize("stop_timeout", [0, 30])
def test_a_task_may_end_the_run_it_is_part_of(stop_timeout: float) -> None:
    order = []

    class Ending(User):
        wait_time = constant(100)

        def on_stop(self):
            order.append("on_stop")

        @task
        def work(self):
            self.environment.runner.quit()
            order.append("after quit")

    runner = runner_for(Ending, stop_timeout=stop_timeout)
    runner.environment.events.test_stop.add_listener(lambda **_: order.append("test_stop"))
    runner.start(3, 100)
    assert runner.greenlet.join(timeout=60)
    assert order == ["on_stop"] * 3 + ["test_stop"]
    assert runner.state == "stopped"
    assert runner.user_count == 0


def test_two_stops_at_once_are_one_stop() -> None:
    stops = []
    runner = runner_for(Waiting)
    runner.environment.events.test_stop.add_listener(lambda **_: stops.append(runner.user_count))
    is_spawned = spawned(runner)
    runner.start(2, 100)
    until(is_spawned)
    gevent.joinall([gevent.spawn(runner.stop), gevent.spawn(runner.quit)], timeout=60)
    assert stops == [0]
    assert len(runner.greenlet) == 0


def test_each_test_asks_for_addresses_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten = Mock()
    monkeypatch.setattr(_runner, "hub", lambda: forgotten)
    forget = forgotten.engine.forget_names
    runner = runner_for(Waiting)
    is_spawned = spawned(runner)
    runner.start(1, 1)
    until(is_spawned)
    forget.assert_called_once_with()

    is_spawned = spawned(runner)
    runner.start(2, 10)
    until(is_spawned)
    forget.assert_called_once_with()  # the same test, with one user more

    runner.stop()
    is_spawned = spawned(runner)
    runner.start(1, 1)
    until(is_spawned)
    assert forget.call_count == 2
    runner.quit()


def test_the_greenlet_of_a_user_has_the_user_as_its_argument() -> None:
    runner = runner_for(Waiting)
    is_spawned = spawned(runner)
    runner.start(1, 1)
    until(is_spawned)
    (greenlet,) = runner.user_greenlets
    assert isinstance(greenlet.args[0], Waiting)
    assert greenlet.args[0].greenlet is greenlet
    assert greenlet.args[0].group is runner.user_greenlets
    runner.quit()


def test_the_host_of_the_environment_goes_to_the_classes_when_a_test_starts() -> None:
    class Hosted(Waiting):
        host = "http://own"

    runner = runner_for(Hosted, host="http://given")
    is_spawned = spawned(runner)
    runner.start(1, 1)
    until(is_spawned)
    assert Hosted.host == "http://given"
    runner.quit()


def test_requests_are_counted_where_the_environment_counts() -> None:
    environment = Environment(user_classes=[Waiting])
    assert environment.events.request.recorder is None
    runner = environment.create_local_runner()
    assert environment.events.request.recorder is environment.stats.native
    runner.quit()


def test_an_http_user_without_a_host_ends_the_run_with_an_exit_code() -> None:
    class Homeless(HttpUser):
        @task
        def work(self): ...

    environment = Environment(user_classes=[Homeless])
    with pytest.raises(StopTest, match=r"`Homeless` has none: .*--host .*host = .*LOCUST_HOST"):
        Homeless(environment)
    assert environment.process_exit_code == 1


def test_an_exit_code_that_is_set_already_stays() -> None:
    class Homeless(HttpUser): ...

    environment = Environment()
    environment.process_exit_code = 7
    with pytest.raises(StopTest):
        Homeless(environment)
    assert environment.process_exit_code == 7


def test_usage_is_measured_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import locust.runners

    monkeypatch.setattr(locust.runners, "CPU_MONITOR_INTERVAL", 0.01)
    monkeypatch.setattr(locust.runners, "CPU_WARNING_THRESHOLD", -1)
    environment = Environment(user_classes=[Waiting])
    told, is_told = [], gevent.event.Event()

    @environment.events.usage_monitor.add_listener
    def listener(**usage: object) -> None:
        told.append(usage)
        is_told.set()

    warnings = []
    environment.events.cpu_warning.add_listener(lambda **usage: warnings.append(usage["cpu_usage"]))
    runner = environment.create_local_runner()
    until(is_told)
    assert told[0]["environment"] is environment
    assert told[0]["memory_usage"] > 1_000_000
    assert told[0]["cpu_usage"] == runner.current_cpu_usage == warnings[0] >= 0
    assert runner.cpu_warning_emitted
    assert runner.cpu_log_warning()
    runner.quit()


def test_an_environment_has_one_runner() -> None:
    environment = Environment()
    environment.create_local_runner().quit()
    with pytest.raises(RunnerAlreadyExistsError, match=r"Environment.runner already exists"):
        environment.create_local_runner()


def test_a_library_makes_a_master_on_a_free_port() -> None:
    runner = Environment().create_master_runner("127.0.0.1", 0)
    assert isinstance(runner, MasterRunner)
    assert runner.master_bind_port > 0
    assert (runner.worker_count, runner.user_count, runner.state) == (0, 0, "ready")
    runner.quit()


def test_a_local_runner_is_neither_master_nor_worker() -> None:
    runner = runner_for(Waiting)
    assert not isinstance(runner, MasterRunner | WorkerRunner)
    runner.quit()


def test_waiting_for_users_that_do_not_fit_into_one_step_is_refused() -> None:
    runner = runner_for(Waiting)
    with pytest.raises(ValueError, match="wait is True but the amount of users to add"):
        runner._start(10, 1, wait=True)
    runner.quit()


def test_classes_of_one_name_are_refused() -> None:
    other = type("Waiting", (User,), {})
    with pytest.raises(ValueError, match="have the same class name: "):
        Environment(user_classes=[Waiting, other])


def test_classes_without_weight_are_left_out() -> None:
    class Idle(Waiting):
        weight = 0

    class Fixed(Waiting):
        weight = 0
        fixed_count = 1

    assert Environment(user_classes=[Idle, Waiting, Fixed]).user_classes == [Waiting, Fixed]
    with pytest.raises(ValueError, match=r"There are no users with weight > 0\."):
        Environment(user_classes=[Idle])


def test_a_shape_is_given_as_an_object() -> None:
    class Shape(LoadTestShape):
        def tick(self):
            return None

    with pytest.raises(ValueError, match="shape_class should be instance of LoadTestShape"):
        Environment(shape_class=Shape)
    assert Environment(shape_class=Shape()).shape_class.get_current_user_count() == 0


def test_settings_of_a_class_can_be_changed() -> None:
    class Changed(User):
        @task(2)
        def first(self): ...

        @task
        def second(self): ...

    environment = Environment(
        user_classes=[Changed],
        available_user_classes={"Changed": Changed},
        available_user_tasks={"Changed": list(Changed.tasks)},
    )
    environment.update_user_class(
        {"user_class_name": "Changed", "host": "http://x", "weight": 7, "tasks": ["second"]}
    )
    assert Changed.json() == {
        "host": "http://x",
        "weight": 7,
        "fixed_count": 0,
        "tasks": ["second"],
    }
    with pytest.raises(KeyError):
        environment.update_user_class({"user_class_name": "Unknown"})


def test_equal_weights_reach_the_tasks_of_nested_task_sets() -> None:
    from locust import TaskSet

    class Uneven(User):
        weight = 5

        @task(3)
        def first(self): ...

        @task
        class Set(TaskSet):
            @task(4)
            def nested(self): ...

    Environment(user_classes=[Uneven]).assign_equal_weights()
    assert Uneven.weight == 1
    assert [each.__name__ for each in Uneven.tasks] == ["first", "nested"]
    assert len(Uneven.Set.tasks) == 4


@pytest.mark.parametrize("action", ["stop", "quit"])
@pytest.mark.parametrize("event", ["test_start", "spawning_complete"])
def test_a_listener_may_end_the_test_that_is_starting(event: str, action: str) -> None:
    runner = runner_for(Waiting)
    has_stopped = gevent.event.Event()
    runner.environment.events.test_stop.add_listener(lambda **_: gevent.spawn(has_stopped.set))
    getattr(runner.environment.events, event).add_listener(lambda **_: getattr(runner, action)())
    runner.start(2, 100)
    until(has_stopped)
    spawning = runner.spawning_greenlet
    assert spawning is None or spawning.join(timeout=60) is None
    assert (runner.state, runner.user_count) == ("stopped", 0)
    runner.quit()


def test_a_user_whose_making_stops_the_test_is_not_started() -> None:
    class Stopping(Waiting):
        def __init__(self, environment: Environment) -> None:
            super().__init__(environment)
            environment.runner.stop()
            raise StopTest("enough")

    runner = runner_for(Stopping)
    has_stopped = gevent.event.Event()
    runner.environment.events.test_stop.add_listener(lambda **_: gevent.spawn(has_stopped.set))
    runner.start(2, 1)
    until(has_stopped)
    assert runner.user_count == 0
    runner.quit()


def test_a_run_notes_for_the_charts_when_it_began_changed_and_ended() -> None:
    runner = runner_for(Waiting)
    all_spawned = spawned(runner)
    runner.start(2, 100)
    until(all_spawned)
    runner.start(3, 100)
    runner.start(3, 100)
    runner.ends_because("the shape has ended")
    runner.stop()
    assert [text for _, _, text in runner.stats.native.markers()] == [
        "run started with 2 users",
        "users 2 → 3",
        "run ended: the shape has ended",
    ]
    # The next run begins with a list of its own, and a reason of its own.
    all_spawned = spawned(runner)
    runner.start(1, 100)
    until(all_spawned)
    runner.quit()
    times = [time for time, _, _ in runner.stats.native.markers()]
    assert times == sorted(times)
    assert [text for _, _, text in runner.stats.native.markers()] == [
        "run started with 1 user",
        "run ended: stopped",
    ]


def test_figures_that_are_reset_in_a_run_leave_its_markers_and_add_one() -> None:
    runner = runner_for(Waiting, reset_stats=True)
    runner.stats.reset_all()
    assert runner.stats.native.markers() == []
    all_spawned = spawned(runner)
    runner.start(1, 100)
    until(all_spawned)
    assert [text for _, _, text in runner.stats.native.markers()] == [
        "run started with 1 user",
        "statistics reset",
    ]
    runner.quit()


def test_the_end_of_a_long_ramp_and_a_cpu_that_is_the_limit_are_marked() -> None:
    runner = runner_for(Waiting)
    all_spawned = spawned(runner)
    runner.start(3, 1.5)
    until(all_spawned)
    # A reading over more than the run says nothing about it.
    for seconds in (3600.0, 0.0, 0.0):
        runner._on_overload(seconds)
    started, all_users, *others = [text for _, _, text in runner.stats.native.markers()]
    assert started == "run started with 3 users"
    assert re.fullmatch(r"all 3 users run after \d+ s", all_users)
    assert others == ["the load generator uses more than 90 % of a core"]
    runner.quit()
