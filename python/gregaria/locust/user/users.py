"""`User`, the base class of everything that is simulated, and `HttpUser`."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any, final

import gevent
import requests
from gevent import GreenletExit

from gregaria._fast_responses import LocustBadStatusCode
from gregaria._test_functions import Call

from ..clients import HttpSession
from ..exception import CatchResponseError, StopTest, StopUser
from ..util.deprecation import check_for_deprecated_task_set_attribute
from .rest import RestMixin
from .task import (
    LOCUST_STATE_RUNNING,
    LOCUST_STATE_STOPPING,
    LOCUST_STATE_WAITING,
    DefaultTaskSet,
    TaskSet,
    get_tasks_from_base_classes,
)
from .wait_time import constant

if TYPE_CHECKING:
    from gevent import Greenlet
    from gevent.pool import Group
    from urllib3 import PoolManager

    from ..env import Environment

__all__ = [
    "LOCUST_STATE_RUNNING",
    "LOCUST_STATE_STOPPING",
    "LOCUST_STATE_WAITING",
    "HttpUser",
    "PytestUser",
    "RestMixin",
    "User",
    "UserMeta",
    "missing_host",
]

logger = logging.getLogger("locust.user.users")


class UserMeta(type):
    """Gathers the tasks of a user class, and makes it runnable if it is not said to be abstract."""

    def __new__(
        mcs, classname: str, bases: tuple[type, ...], class_dict: dict[str, Any]
    ) -> UserMeta:
        check_for_deprecated_task_set_attribute(class_dict)
        class_dict["tasks"] = get_tasks_from_base_classes(bases, class_dict)
        class_dict.setdefault("abstract", False)
        return super().__new__(mcs, classname, bases, class_dict)


class User(metaclass=UserMeta):
    """One simulated user. Its tasks run one after the other, in a greenlet of its own."""

    host: str | None = None
    """Base URL under test. `--host` overwrites it on the class at each start of a test."""

    min_wait: float | None = None
    """Deprecated, in milliseconds; heeded only if `wait_time` is `None`."""

    max_wait: float | None = None
    """Deprecated, in milliseconds; heeded only if `wait_time` is `None`."""

    wait_time = constant(0)
    """Says how many seconds to wait after each task."""

    wait_function: Callable[..., Any] | None = None
    """Deprecated, and never called."""

    tasks: list[TaskSet | Callable[..., Any]] = []
    """What to pick from. A list, or a dict of weights; a class gets it as a list with repeats."""

    weight: float = 1
    """How likely this class is to be spawned, compared with the others."""

    fixed_count: int = 0
    """Exactly so many users are spawned, before the weighted ones. `weight` is ignored then."""

    abstract: bool = True
    """Whether this is only a base class. A subclass is not, unless it says so itself."""

    #: Set by clients whenever they let other greenlets run; a wait of zero then costs nothing.
    _has_yielded: bool = False

    _state: str | None = None

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._state = None
        # Name of the task that is carried out, `None` outside of tasks. Clients share the list.
        self._task_now: list[str | None] = [None]
        self._greenlet: Greenlet | None = None
        self._group: Group | None = None
        self._taskset_instance: TaskSet | None = None
        self._cp_last_run = perf_counter()
        self._cp_last_wait_time = 0.0

    def on_start(self) -> None:
        """Called when the user starts, before its first task."""

    def on_stop(self) -> None:
        """Called when the user stops."""

    @final
    def run(self) -> None:
        """Runs the tasks until the user is stopped."""
        self._state = LOCUST_STATE_RUNNING
        self._taskset_instance = DefaultTaskSet(self)
        try:
            try:
                self.on_start()
            except Exception as error:
                logger.error("%s\n%s", error, traceback.format_exc())
                if not isinstance(error, (StopUser, StopTest)):
                    self.environment.events.user_error.fire(
                        user_instance=self, exception=error, tb=error.__traceback__
                    )
                raise
            self._taskset_instance.run()
        except (GreenletExit, StopUser, StopTest):
            self._task_now[0] = None
            self.on_stop()

    def wait(self) -> None:
        """Waits for the wait time. May be called in a task."""
        if self._taskset_instance is not None:
            self._taskset_instance.wait()

    def start(self, group: Group) -> Greenlet:
        """Starts the user in a greenlet of `group`, whose first argument is the user."""
        self._greenlet = group.spawn(run_user, self)
        self._group = group
        return self._greenlet

    def stop(self, force: bool = False) -> bool:
        """Stops the user. Returns whether it is gone when this returns.

        A user that waits is stopped at once; one in the middle of a task finishes it first,
        unless `force` is set.
        """
        if self._greenlet is None or self._group is None:
            raise RuntimeError(f"{type(self).__name__} cannot be stopped: it was not started")
        if force or self._state in (None, LOCUST_STATE_WAITING):
            self._group.killone(self._greenlet)
            return True
        self._state = LOCUST_STATE_STOPPING
        return False

    @property
    def group(self) -> Group | None:
        """The group the user was started in."""
        return self._group

    @property
    def greenlet(self) -> Greenlet | None:
        """The greenlet the user runs in."""
        return self._greenlet

    def context(self) -> dict[str, Any]:
        """What the `request` event gets as its `context`. May be overridden."""
        return {}

    @classmethod
    def json(cls) -> dict[str, Any]:
        """The settings that the web page shows and changes. May be overridden."""
        return {
            "host": cls.host,
            "weight": cls.weight,
            "fixed_count": cls.fixed_count,
            "tasks": [each.__name__ for each in cls.tasks],  # type: ignore[union-attr]
        }

    @classmethod
    def fullname(cls) -> str:
        """The module and the name of the class."""
        parts = f"{cls.__module__}.{cls.__qualname__}".split(".")
        return ".".join(part for part in parts if part != "<locals>")


def run_user(user: User) -> None:
    """What the greenlet of a user does. Its name is what gevent shows when the greenlet dies."""
    runner = user.environment.runner
    if runner is None or runner.lets_users_begin:
        user.run()


def missing_host(user: User) -> StopTest:
    """The reason to end a run whose HTTP users have no host. The exit code becomes 1."""
    if user.environment.process_exit_code is None:
        user.environment.process_exit_code = 1
    name = type(user).__name__
    return StopTest(
        f"You must specify the base host. `{name}` has none: give one with --host (-H), with "
        f'`host = "http://..."` in the class, or in the environment as LOCUST_HOST'
    )


class HttpUser(User, RestMixin):
    """A user with a `client` that is a `requests.Session` and measures what it sends."""

    abstract: bool = True

    pool_manager: PoolManager | None = None
    """Connections shared between users. Each user has its own if this is `None`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.host is None:
            raise missing_host(self)

        self.client = HttpSession(
            base_url=self.host,
            request_event=self.environment.events.request,
            user=self,
            pool_manager=self.pool_manager,
        )
        """Sends requests. `client.get("/path")` is joined to `host`."""
        # Neither proxies nor passwords of the machine's own may get into a test.
        self.client.trust_env = False


class PytestUser(User):
    """Calls the test functions of a pytest-style locustfile for ever; made by the loader."""

    abstract: bool = True

    functions: list[Any]
    """The test functions, as pytest collected them."""

    fixtures: list[dict[str, Any]]
    """For each of them its fixtures by name, once the user runs."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        wanted = {name for function in self.functions for name in function.fixturenames}
        if self.host is None and wanted & {"session", "fastsession"}:
            raise missing_host(self)

    def run(self) -> None:  # type: ignore[misc]
        """Calls the functions in turn until the user is stopped.

        A response that was no success does not end the user; whatever else is raised does.
        """
        self._state = LOCUST_STATE_RUNNING
        calls = [Call(function, self) for function in self.functions]
        self.fixtures = [call.arguments for call in calls]
        names: list[str] = [function.name for function in self.functions]
        while True:
            for name, call in zip(names, calls, strict=True):
                self._has_yielded = False
                self._task_now[0] = name
                try:
                    call()
                except requests.RequestException as error:
                    # Such as an invalid URL: it would be raised for ever.
                    if isinstance(error, ValueError):
                        raise
                except (CatchResponseError, LocustBadStatusCode):
                    pass
                if not self._has_yielded:
                    gevent.sleep(0)
