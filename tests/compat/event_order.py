"""Scenarios of a run, as a script that uses Locust as a library; prints what happens in order.

Run by gregaria's interpreter and by one that has the real Locust, with the names of the scenarios.
They are written so that their order does not hang on the speed of the machine.
"""

import logging
import sys
import time
from contextlib import suppress

with suppress(ImportError):
    import gregaria

    gregaria.install()

import gevent
import locust.log
from locust import (
    LoadTestShape,
    MarkovTaskSet,
    SequentialTaskSet,
    TaskSet,
    User,
    between,
    constant,
    constant_pacing,
    tag,
    task,
    transition,
)
from locust.env import Environment
from locust.event import Events
from locust.exception import RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser

#: Longer than any scenario.
LONG = 100

EVENTS = (
    "test_start",
    "spawning_complete",
    "test_stopping",
    "test_stop",
    "user_error",
    "request",
    "reset_stats",
)


def say(*words):
    print(*words, flush=True)


class Headless:
    headless = True


class Log(logging.Handler):
    """Shows what the runner and the users log, without the traceback."""

    def emit(self, record):
        text = record.getMessage().split("\n")[0].split("<Greenlet")[0]
        say("log", record.levelname, record.name, text)


def environment(*user_classes, **arguments):
    """An environment whose events are shown."""
    events = Events()
    env = Environment(user_classes=list(user_classes), events=events, **arguments)
    for name in EVENTS:

        def show(_name=name, **kwargs):
            shown = {
                k: v if isinstance(v, int | str) else type(v).__name__ for k, v in kwargs.items()
            }
            state = (env.runner.state, env.runner.user_count) if env.runner else None
            say("event", _name, sorted(shown.items()), state)

        getattr(events, name).add_listener(show)
    return env


class Waiting(User):
    """Does one task and then waits."""

    wait_time = constant(LONG)

    def on_start(self):
        say("on_start")

    def on_stop(self):
        say("on_stop")

    @task
    def work(self):
        say("task", self._state)


def until(condition):
    limit = time.monotonic() + 20
    while not condition():
        if time.monotonic() > limit:
            say("gave up waiting")
            return
        gevent.sleep(0.01)


def settle():
    """Lets everything that is ready run."""
    for _ in range(20):
        gevent.sleep(0)
    gevent.sleep(0.1)


def start_and_stop():
    env = environment(Waiting)
    runner = env.create_local_runner()
    runner.start(2, 10)
    say("started", runner.state)
    settle()
    say(runner.state, runner.user_count, runner.target_user_count, runner.user_classes_count)
    runner.stop()
    say(runner.state, runner.final_user_classes_count)
    runner.stop()
    runner.start(1, 1)
    settle()
    runner.quit()
    runner.quit()
    runner.greenlet.join()
    say(runner.state)


def quit_before_start():
    runner = environment(Waiting).create_local_runner()
    runner.quit()
    say(runner.state)


def up_and_down():
    runner = environment(Waiting).create_local_runner()
    runner.start(3, 3)
    settle()
    runner.start(1, 10)
    settle()
    say(runner.user_count)
    runner.start(1, 10)
    settle()
    runner.start(2, 10)
    settle()
    runner.quit()


def fixed_and_weighted():
    class Fixed(Waiting):
        fixed_count = 2

    class Heavy(Waiting):
        weight = 3

    class Light(Waiting):
        weight = 1

    runner = environment(Light, Heavy, Fixed).create_local_runner()
    for count in (1, 2, 3, 6, 10, 4, 1, 8):
        runner.start(count, 100)
        settle()
        say(sorted(runner.user_classes_count.items()))
    runner.quit()


def reset_stats():
    runner = environment(Waiting, reset_stats=True).create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()


def error_in_task():
    class Failing(Waiting):
        @task
        class Inner(TaskSet):
            def on_start(self):
                say("inner on_start")

            def on_stop(self):
                say("inner on_stop")

            @task
            def fail(self):
                raise ValueError("bad")

    Failing.tasks = [Failing.Inner]
    env = environment(Failing)
    runner = env.create_local_runner()
    runner.start(1, 1)
    settle()
    for row in runner.exceptions.values():
        say(row["count"], row["msg"], sorted(row["nodes"]))
    runner.quit()


def error_ends_user():
    class Failing(Waiting):
        @task
        def work(self):
            raise ValueError("bad")

    Failing.tasks = [Failing.work]
    runner = environment(Failing, catch_exceptions=False).create_local_runner()
    runner.start(1, 1)
    settle()
    say(runner.user_count)
    runner.quit()


def control_flow():
    def steps():
        yield RescheduleTaskImmediately()
        yield RescheduleTask()
        yield None
        yield StopUser()

    class Steered(User):
        def on_start(self):
            self.steps = steps()

        def on_stop(self):
            say("on_stop")

        def wait_time(self):
            say("wait")
            return 0

        @task
        def work(self):
            error = next(self.steps)
            say("task", type(error).__name__)
            if error is not None:
                raise error

    runner = environment(Steered).create_local_runner()
    runner.start(1, 1)
    settle()
    say(runner.state, runner.user_count)
    runner.quit()


def interrupts():
    class Nested(User):
        def wait_time(self):
            say("wait")
            return 0

        @task
        class Outer(TaskSet):
            rounds = 0

            def on_start(self):
                say("outer on_start", type(self.parent).__name__, type(self.user).__name__)

            def on_stop(self):
                say("outer on_stop")

            @task
            class Inner(TaskSet):
                def on_start(self):
                    say("inner on_start", type(self.parent).__name__)

                def on_stop(self):
                    say("inner on_stop")

                @task
                def leave(self):
                    self.parent.rounds += 1
                    say("leave", self.parent.rounds)
                    if self.parent.rounds == 3:
                        raise StopUser()
                    self.interrupt(reschedule=self.parent.rounds == 1)

    runner = environment(Nested).create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()


def interrupt_in_on_start():
    class Shy(User):
        count = 0

        def wait_time(self):
            say("wait")
            return 0

        @task
        class Inner(TaskSet):
            def on_start(self):
                Shy.count += 1
                say("on_start", Shy.count)
                if Shy.count == 3:
                    raise StopUser()
                self.interrupt(reschedule=Shy.count == 1)

            def on_stop(self):
                say("on_stop")

            @task
            def never(self):
                say("never")

    runner = environment(Shy).create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()


def stop_test_in_task():
    class Ending(Waiting):
        @task
        def work(self):
            say("task")
            raise StopTest("enough")

    Ending.tasks = [Ending.work]
    runner = environment(Ending, parsed_options=Headless()).create_local_runner()
    runner.start(2, 2)
    settle()
    say(runner.state, runner.user_count)
    runner.quit()


def stop_test_in_init():
    class Ending(Waiting):
        def __init__(self, env):
            super().__init__(env)
            raise StopTest("no host")

    runner = environment(Ending, parsed_options=Headless()).create_local_runner()
    runner.start(2, 2)
    settle()
    say(runner.state, locust.log.unhandled_greenlet_exception)


def error_in_init():
    class Broken(Waiting):
        def __init__(self, env):
            super().__init__(env)
            raise KeyError("x")

    runner = environment(Broken, parsed_options=Headless()).create_local_runner()
    runner.start(2, 2)
    settle()
    say(runner.state, locust.log.unhandled_greenlet_exception)
    runner.quit()


def error_in_on_start():
    class Broken(Waiting):
        def on_start(self):
            raise ValueError("on_start")

    runner = environment(Broken).create_local_runner()
    runner.start(1, 1)
    settle()
    say(runner.state, runner.user_count)
    runner.quit()


def error_in_on_stop():
    class Broken(User):
        wait_time = constant(LONG)

        def on_stop(self):
            say("user on_stop")

        @task
        class Inner(TaskSet):
            def on_stop(self):
                say("inner on_stop")
                raise ValueError("on_stop")

            @task
            def work(self):
                say("task")

    runner = environment(Broken).create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()


def error_in_listener():
    env = environment(Waiting)

    @env.events.test_start.add_listener
    def fail(**_):
        raise ValueError("listener")

    runner = env.create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()
    say(locust.log.unhandled_greenlet_exception)


def no_tasks():
    class Idle(User):
        wait_time = constant(LONG)

    runner = environment(Idle).create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()


class Slow(User):
    """Is in the middle of a task when the test stops."""

    wait_time = constant(LONG)
    takes = 0.5

    def on_stop(self):
        say("on_stop")

    @task
    def work(self):
        say("begin")
        gevent.sleep(self.takes)
        say("end", self._state)


def stop_waits_for_a_task():
    runner = environment(Slow, stop_timeout=30).create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()
    say("done")


def stop_does_not_wait_for_ever():
    class Slower(Slow):
        takes = LONG

    runner = environment(Slower, stop_timeout=0.2).create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()
    say("done")


def stop_at_once():
    runner = environment(Slow).create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()


def sequence():
    class Ordered(User):
        @task
        class Steps(SequentialTaskSet):
            @task
            def first(self):
                say("first")

            @task(2)
            def second(self):
                say("second")

            @task
            class Third(TaskSet):
                @task
                def only(self):
                    say("third")
                    self.interrupt()

            @task
            def fourth(self):
                say("fourth")
                self.user.rounds = getattr(self.user, "rounds", 0) + 1
                if self.user.rounds == 2:
                    self.interrupt()
                if self.user.rounds == 3:
                    raise StopUser()

    runner = environment(Ordered).create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()


def chain():
    class Walk(MarkovTaskSet):
        steps = 0

        @transition("b")
        def a(self):
            say("a")

        @transition("c")
        def b(self):
            say("b")

        @transition("a")
        def c(self):
            say("c")
            self.steps += 1
            if self.steps == 2:
                raise StopUser()

    class Walker(User):
        tasks = [Walk]

    runner = environment(Walker).create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()


def scheduled_tasks():
    class Planner(User):
        @task
        class Plan(TaskSet):
            @task
            def decide(self):
                say("decide")
                self.schedule_task(self.later)
                self.schedule_task(type(self).plain)
                self.schedule_task(self.sooner, first=True)
                self.schedule_task(self.Nested)
                self.schedule_task(self.stop)

            def sooner(self):
                say("sooner")

            def later(self):
                say("later")

            def plain(self):
                say("plain", type(self).__name__)

            class Nested(TaskSet):
                @task
                def only(self):
                    say("nested")
                    self.interrupt()

            def stop(self):
                raise StopUser()

    runner = environment(Planner).create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()


def overridden_methods():
    class Choosy(User):
        @task
        class Set(TaskSet):
            turn = 0

            def get_next_task(self):
                self.turn += 1
                say("get_next_task", self.turn)
                if self.turn == 4:
                    raise StopUser()
                return super().get_next_task()

            def wait_time(self):
                say("wait_time")
                return 0

            def _sleep(self, seconds):
                say("_sleep", seconds)
                super()._sleep(seconds)

            def wait(self):
                say("wait")
                super().wait()

            def execute_next_task(self):
                say("execute_next_task")
                super().execute_next_task()

            def execute_task(self, task):
                say("execute_task", task.__name__)
                super().execute_task(task)

            def schedule_task(self, task_callable, first=False):
                say("schedule_task")
                super().schedule_task(task_callable, first)

            @task
            def work(self):
                say("work")

    runner = environment(Choosy).create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()


def tags():
    class Tagged(User):
        wait_time = constant(LONG)

        @tag("a")
        @task
        def first(self):
            pass

        @task
        def second(self):
            pass

        @tag("b")
        @task
        class Set(TaskSet):
            wait_time = constant(LONG)

            @tag("c")
            @task
            def third(self):
                pass

            @task
            def fourth(self):
                pass

    env = environment(Tagged, tags=["a", "b"], exclude_tags=["c"])
    runner = env.create_local_runner()
    runner.start(1, 1)
    settle()
    say([each.__name__ for each in Tagged.tasks], [each.__name__ for each in Tagged.Set.tasks])
    runner.quit()


def other_clients():
    class Custom(Waiting):
        @task
        def work(self):
            fire = self.environment.events.request.fire
            fire(request_type="X", name="n", response_time=1.5, response_length=2, exception=None)
            with self.environment.events.request.measure("Y", "m") as request:
                request["response_length"] = 7
            with self.environment.events.request.measure("Y", "m", 3, {"a": 1}):
                raise ValueError("measured")

    Custom.tasks = [Custom.work]
    env = environment(Custom)
    env.events.request._handlers.clear()

    @env.events.request.add_listener
    def show(response_time, exception, start_time=None, **kwargs):
        say(sorted(kwargs.items(), key=str), repr(exception), response_time is None)

    runner = env.create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()


def messages():
    runner = environment(Waiting).create_local_runner()

    def listener(environment, msg):
        say("message", msg.type, msg.data, msg.node_id, environment.runner is runner)

    runner.register_message("greet", listener)
    runner.send_message("greet", {"n": 1})
    runner.send_message("unknown")
    say(runner.worker_index, runner.worker_count)


def shape():
    class Steps(LoadTestShape):
        ticks = iter([(1, 10), (1, 10), (2, 10, [Waiting]), None])

        def tick(self):
            tick = next(self.ticks)
            say("tick", self.get_current_user_count(), tick and tick[:2])
            return tick

    env = environment(Waiting, shape_class=Steps(), parsed_options=Headless())
    runner = env.create_local_runner()
    runner.start_shape()
    runner.start_shape()
    shape_greenlet = runner.shape_greenlet
    shape_greenlet.join()
    say(runner.state, env.shape_class.runner is runner)


def error_in_shape():
    class Broken(LoadTestShape):
        def tick(self):
            raise ValueError("tick")

    env = environment(Waiting, shape_class=Broken(), parsed_options=Headless())
    runner = env.create_local_runner()
    runner.start_shape()
    settle()
    say(runner.state, locust.log.unhandled_greenlet_exception)


def pacing():
    """Starts of tasks in tenths of a second, as measured for one task that takes too long."""

    class Paced(User):
        wait_time = constant_pacing(0.5)
        lengths = iter([0.1, 0.7, 0.1, 0.1])

        def on_start(self):
            self.began = time.monotonic()

        @task
        def work(self):
            say("start", round((time.monotonic() - self.began) / 0.05) // 2)
            length = next(self.lengths, None)
            if length is None:
                raise StopUser()
            gevent.sleep(length)

    runner = environment(Paced).create_local_runner()
    runner.start(1, 1)
    until(lambda: runner.user_count == 0)
    runner.quit()


def user_waits_by_itself():
    class Patient(User):
        wait_time = between(0, 0)

        @task
        def work(self):
            say("before", self._state)
            self.wait()
            say("after", self._state)
            raise StopUser()

    runner = environment(Patient).create_local_runner()
    runner.start(1, 1)
    settle()
    runner.quit()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, handlers=[Log()])
    for scenario in sys.argv[1:]:
        say(f"== {scenario}")
        locust.log.unhandled_greenlet_exception = False
        globals()[scenario]()
