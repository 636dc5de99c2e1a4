"""`Environment`: everything one run consists of, held together."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from operator import methodcaller
from typing import TYPE_CHECKING, Any, TypeVar

from .dispatch import UsersDispatcher
from .event import Events, RequestEvent
from .exception import RunnerAlreadyExistsError
from .runners import LocalRunner, MasterRunner, Runner, WorkerRunner
from .shape import LoadTestShape
from .stats import RequestStats
from .user.task import TaskSet, filter_tasks_by_tags
from .user.users import PytestUser, User

if TYPE_CHECKING:
    from .stats import StatsCSV
    from .web import WebUI

__all__ = ["Environment", "LoadTestShape", "RunnerType"]

RunnerType = TypeVar("RunnerType", bound=Runner)

#: How far back the counts by second go if they are to be written as JSON: a day, in 8 bytes each.
SECONDS_IN_JSON = 86_400


class Environment:
    """The user classes, the events, the runner, the statistics and the options of one run."""

    single_user_instance: User
    """The user of `run_single_user`; not there in other runs."""

    def __init__(
        self,
        *,
        user_classes: list[type[User]] | None = None,
        shape_class: LoadTestShape | None = None,
        tags: list[str] | None = None,
        locustfile: str | None = None,
        exclude_tags: list[str] | None = None,
        events: Events | None = None,
        host: str | None = None,
        reset_stats: bool = False,
        stop_timeout: float | None = None,
        catch_exceptions: bool = True,
        parsed_options: Namespace | None = None,
        parsed_locustfiles: list[str] | None = None,
        available_user_classes: dict[str, type[User]] | None = None,
        available_shape_classes: dict[str, LoadTestShape] | None = None,
        available_user_tasks: dict[str, list[TaskSet | Callable[..., Any]]] | None = None,
        dispatcher_class: type[UsersDispatcher] = UsersDispatcher,
        profile: str | None = None,
    ) -> None:
        self.runner: Runner | None = None
        """Drives the users; made by `create_local_runner` and its siblings."""

        self.web_ui: Any = None
        """The web page, or `None` in a run without one."""

        self.process_exit_code: int | None = None
        """The exit code of the process. If `None`, failures and errors decide."""

        self.events = events or Events()
        """Where listeners are added; in a run from the command line, `locust.events`."""

        self.locustfile = locustfile
        """Name of the locustfile, for display."""

        self.user_classes = user_classes or []
        """Classes that are spawned."""

        self.shape_class = shape_class
        """Decides user counts over time, if there is one. An object, in spite of the name."""

        self.tags = tags
        """Only tasks with one of these tags run. `None`: all."""

        self.exclude_tags = exclude_tags
        """Tasks with one of these tags do not run."""

        is_json = any(getattr(parsed_options, option, None) for option in ("json", "json_file"))
        self.stats = RequestStats(kept_seconds=SECONDS_IN_JSON if is_json else None)
        """What has been counted so far."""

        self.host = host
        """Base URL; if set, overwrites `host` of the user classes when a test starts."""

        self.reset_stats = reset_stats
        """Whether the statistics begin again once all users have been spawned."""

        self.profile = profile
        """A label of the run."""

        if stop_timeout is None:
            stop_timeout = float(getattr(parsed_options, "stop_timeout", 0.0) or 0.0)
        self.stop_timeout = stop_timeout
        """Seconds that users get to finish their tasks when the test stops."""

        self.catch_exceptions = catch_exceptions
        """Whether an exception in a task is logged and the user goes on. Else the user dies."""

        self.parsed_options = parsed_options
        """The options of the command line."""

        self.parsed_locustfiles = parsed_locustfiles
        self.bundle: str | None = None
        """Hash of the files that a worker has got from its master."""
        """Paths of the locustfiles."""

        self.available_user_classes = available_user_classes
        """User classes to choose from, by name."""

        self.available_shape_classes = available_shape_classes
        """Shapes to choose from, by name."""

        self.available_user_tasks = available_user_tasks
        """All tasks of each user class, by the name of the class."""

        self.dispatcher_class = dispatcher_class
        """Says how many users run where."""

        self.worker_logs: dict[str, list[str]] = {}
        """Log lines of the workers, by their id."""

        self._remove_user_classes_with_weight_zero()
        self._validate_user_class_name_uniqueness()
        self._validate_shape_class_instance()

    def _create_runner(
        self, runner_class: type[RunnerType], *args: Any, **kwargs: Any
    ) -> RunnerType:
        if self.runner is not None:
            raise RunnerAlreadyExistsError(f"Environment.runner already exists ({self.runner})")
        runner = runner_class(self, *args, **kwargs)
        self.runner = runner
        if isinstance(self.events.request, RequestEvent):
            self.events.request.recorder = self.stats.native
        if self.shape_class is not None:
            self.shape_class.runner = runner
        return runner

    def create_local_runner(self) -> LocalRunner:
        """Makes the runner that spawns users in this process."""
        return self._create_runner(LocalRunner)

    def create_master_runner(
        self, master_bind_host: str = "*", master_bind_port: int = 5557
    ) -> MasterRunner:
        """Makes the runner that leads workers."""
        return self._create_runner(
            MasterRunner, master_bind_host=master_bind_host, master_bind_port=master_bind_port
        )

    def create_worker_runner(self, master_host: str, master_port: int) -> WorkerRunner:
        """Makes the runner that spawns the users its master asks for."""
        # A worker reports what it counts and needs no window of percentiles.
        self.stats = RequestStats(use_response_times_cache=False)
        return self._create_runner(WorkerRunner, master_host=master_host, master_port=master_port)

    def create_web_ui(
        self,
        host: str = "",
        port: int = 8089,
        web_base_path: str | None = None,
        web_login: bool = False,
        tls_cert: str | None = None,
        tls_key: str | None = None,
        stats_csv_writer: StatsCSV | None = None,
        delayed_start: bool = False,
        userclass_picker_is_active: bool = False,
        build_path: str | None = None,
    ) -> WebUI:
        """Makes the web page and, unless `delayed_start`, serves it.

        An empty `host` is loopback, `*` is all addresses.
        """
        from .web import WebUI

        self.web_ui = WebUI(
            self,
            host,
            port,
            web_base_path=web_base_path,
            web_login=web_login,
            tls_cert=tls_cert,
            tls_key=tls_key,
            stats_csv_writer=stats_csv_writer,
            delayed_start=delayed_start,
            userclass_picker_is_active=userclass_picker_is_active,
            build_path=build_path,
        )
        return self.web_ui

    def update_user_class(self, user_settings: dict[str, Any]) -> None:
        """Changes attributes of the class `user_class_name`; `tasks` are names of tasks to keep."""
        if isinstance(self.runner, MasterRunner):
            self.runner.send_message("update_user_class", user_settings)
        name = user_settings["user_class_name"]
        if self.available_user_classes is None or name not in self.available_user_classes:
            raise KeyError(name)
        user_class = self.available_user_classes[name]
        for key, value in user_settings.items():
            if key == "user_class_name":
                continue
            if key == "tasks":
                tasks: list[Any] = (self.available_user_tasks or {}).get(name) or user_class.tasks
                user_class.tasks = [each for each in tasks if each.__name__ in value]
            else:
                setattr(user_class, key, value)

    def update_worker_logs(self, worker_log_report: dict[str, Any]) -> None:
        """Keeps the log lines a worker has sent."""
        worker = worker_log_report.get("worker_id")
        if worker:
            self.worker_logs[worker] = worker_log_report.get("logs", [])

    def _filter_tasks_by_tags(self) -> None:
        """Removes the tasks that `tags` and `exclude_tags` do not allow, from all classes.

        Task sets without any task go too, even if there are no tags.
        """
        tags = None if self.tags is None else set(self.tags)
        exclude_tags = None if self.exclude_tags is None else set(self.exclude_tags)
        for user_class in self.user_classes:
            if not issubclass(user_class, PytestUser):
                filter_tasks_by_tags(user_class, tags, exclude_tags)

    def _remove_user_classes_with_weight_zero(self) -> None:
        """Drops classes that would never be spawned."""
        if not self.user_classes:
            return
        kept = [each for each in self.user_classes if each.weight > 0 or each.fixed_count > 0]
        if not kept:
            raise ValueError("There are no users with weight > 0.")
        self.user_classes[:] = kept

    def assign_equal_weights(self) -> None:
        """Makes every class equally likely, and every task, those of nested task sets included."""
        for user_class in self.user_classes:
            user_class.weight = 1
            flat: dict[Any, None] = {}
            left: list[Any] = list(reversed(user_class.tasks))
            while left:
                each = left.pop()
                nested = getattr(each, "tasks", None)
                if nested:
                    left.extend(reversed(nested))
                else:
                    flat[each] = None
            user_class.tasks = list(flat)

    def _validate_user_class_name_uniqueness(self) -> None:
        """Raises if two classes share a name: users are counted by name."""
        if len({each.__name__ for each in self.user_classes}) == len(self.user_classes):
            return
        names = map(methodcaller("fullname"), self.user_classes)
        raise ValueError(f"The following user classes have the same class name: {', '.join(names)}")

    def _validate_shape_class_instance(self) -> None:
        """Raises if the shape is a class instead of an object."""
        if self.shape_class is not None and not isinstance(self.shape_class, LoadTestShape):
            raise ValueError(
                "shape_class should be instance of LoadTestShape or subclass LoadTestShape, "
                f"but got: {self.shape_class}"
            )

    @property
    def user_classes_by_name(self) -> dict[str, type[User]]:
        """The user classes, by name."""
        return {each.__name__: each for each in self.user_classes}
