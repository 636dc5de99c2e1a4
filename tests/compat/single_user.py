"""A file that runs one user by itself, as for a debugger, and then another."""

from contextlib import suppress

with suppress(ImportError):
    import gregaria

    gregaria.install()

from locust import User, constant, events, run_single_user, task
from locust.exception import StopUser


@events.init.add_listener
def on_init(environment, runner, web_ui, **_):
    print("init", runner, web_ui, environment.events is events)


@events.test_start.add_listener
def on_test_start(environment, **_):
    print("test_start", environment.runner, hasattr(environment, "single_user_instance"))


class Lonely(User):
    wait_time = constant(0)

    def on_start(self):
        print("on_start", self.environment.single_user_instance is self)

    def on_stop(self):
        print("on_stop")

    @task
    def work(self):
        fire = self.environment.events.request.fire
        for error in (None, ValueError("bad")):
            fire(
                request_type="GET",
                name="/foo",
                response_time=12.3456,
                response_length=5,
                exception=error,
                context={"a": 1},
            )
        raise StopUser()


if __name__ == "__main__":
    run_single_user(Lonely)
    run_single_user(Lonely, include_length=True, include_context=True)
