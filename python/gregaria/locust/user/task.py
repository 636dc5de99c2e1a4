"""Task sets, and the loop that runs the tasks of a user.

The loop is the hottest Python code of a run, so it exists in two forms. A task set that overrides
none of the methods the loop is made of runs `_run_direct`, which does their work in place; any
other runs `_run_by_methods`, which calls them. `TaskSetMeta` decides once for each class.
"""

from __future__ import annotations

import logging
import random
import traceback
from collections import deque
from collections.abc import Callable
from time import perf_counter, time
from types import FunctionType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    NoReturn,
    Protocol,
    TypeVar,
    final,
    runtime_checkable,
)

import gevent
from gevent import GreenletExit

from gregaria._hub import hub

from ..exception import (
    InterruptTaskSet,
    MissingWaitTimeError,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from .decorators import (
    filter_tasks_by_tags,
    get_tasks_from_base_classes,
    is_markov_taskset,
    tag,
    task,
)

if TYPE_CHECKING:
    from .users import User

__all__ = [
    "LOCUST_STATE_RUNNING",
    "LOCUST_STATE_STOPPING",
    "LOCUST_STATE_WAITING",
    "DefaultTaskSet",
    "TaskHolder",
    "TaskSet",
    "TaskSetMeta",
    "filter_tasks_by_tags",
    "get_tasks_from_base_classes",
    "is_markov_taskset",
    "tag",
    "task",
]

logger = logging.getLogger("locust.user.task")

LOCUST_STATE_RUNNING = "running"
LOCUST_STATE_WAITING = "waiting"
LOCUST_STATE_STOPPING = "stopping"

TaskT = TypeVar("TaskT")


@runtime_checkable
class TaskHolder(Protocol[TaskT]):
    """A class with tasks: a user or a task set."""

    tasks: list[TaskT]


def _sleep(seconds: float) -> None:
    """Parks the calling greenlet; zero and less let the others run once.

    Times come from the engine, whose timers keep 10,000 users within 10 ms.
    """
    if seconds > 0:
        hub().sleep(min(seconds, _LONGEST_SLEEP))
    else:
        gevent.sleep(0)


#: Seconds, a year: what `constant(math.inf)` comes to.
_LONGEST_SLEEP = 31_536_000.0

#: What `_run_direct` does in place. Who overrides one of these gets `_run_by_methods`.
_LOOP_METHODS = ("wait", "_sleep", "execute_next_task", "schedule_task", "execute_task")


class TaskSetMeta(type):
    """Gathers the tasks of a task set and decides which form of the loop it runs."""

    def __new__(
        mcs, classname: str, bases: tuple[type, ...], class_dict: dict[str, Any]
    ) -> TaskSetMeta:
        class_dict["tasks"] = get_tasks_from_base_classes(bases, class_dict)
        return super().__new__(mcs, classname, bases, class_dict)

    def __init__(cls, classname: str, bases: tuple[type, ...], class_dict: dict[str, Any]) -> None:
        super().__init__(classname, bases, class_dict)
        if bases and "_is_direct" not in class_dict:
            cls._is_direct = all(
                getattr(cls, name) is getattr(TaskSet, name) for name in _LOOP_METHODS
            )
            cls._picks_itself = cls.get_next_task is not TaskSet.get_next_task  # type: ignore[attr-defined]


class TaskSet(metaclass=TaskSetMeta):
    """A group of tasks a user carries out, until it is interrupted.

    Task sets nest: a task of one may be another, which then runs until `interrupt()`.
    """

    tasks: list[TaskSet | Callable[..., Any]] = []
    """What to pick from. A list, or a dict of weights; a class gets it as a list with repeats."""

    min_wait: float | None = None
    """Deprecated, in milliseconds; heeded only if the user has no `wait_time`."""

    max_wait: float | None = None
    """Deprecated, in milliseconds; heeded only if the user has no `wait_time`."""

    wait_function: Callable[..., Any] | None = None
    """Deprecated, and never called."""

    #: Whether `_run_direct` may be used, and whether `get_next_task` is overridden. Decided by
    #: the metaclass.
    _is_direct: ClassVar[bool] = True
    _picks_itself: ClassVar[bool] = False

    #: Made when a task is scheduled, since an empty deque takes 700 bytes of each user.
    _queue: deque[Any] | None = None

    _user: User
    _parent: User | TaskSet

    def __init__(self, parent: Any) -> None:
        self._time_start = time()
        self._parent = parent
        user: Any = parent.user if isinstance(parent, TaskSet) else parent
        self._user = user
        self.min_wait = self.min_wait or user.min_wait
        self.max_wait = self.max_wait or user.max_wait
        self.wait_function = self.wait_function or user.wait_function
        # For wait times of the kind `constant_pacing` that belong to the task set.
        self._cp_last_run = perf_counter()
        self._cp_last_wait_time = 0.0

    @property
    def _task_queue(self) -> deque[Any]:
        """Tasks that have been scheduled and come before any that is picked."""
        if self._queue is None:
            self._queue = deque()
        return self._queue

    @property
    def user(self) -> User:
        """The user this task set belongs to."""
        return self._user

    @property
    def parent(self) -> User | TaskSet:
        """The task set around this one, or the user."""
        return self._parent

    @property
    def client(self) -> Any:
        """The client of the user."""
        return self._user.client  # type: ignore[attr-defined]

    def on_start(self) -> None:
        """Called when a user begins with this task set."""

    def on_stop(self) -> None:
        """Called when a user leaves this task set."""

    @final
    def run(self) -> None:
        """Runs tasks until the user stops or the task set is interrupted."""
        try:
            self.on_start()
        except InterruptTaskSet as interrupt:
            _give_back(interrupt)
        run = self._run_direct if self._can_run_direct() else self._run_by_methods
        while True:
            try:
                run()
            except InterruptTaskSet as interrupt:
                self._call_on_stop()
                _give_back(interrupt)
            except (StopUser, StopTest, GreenletExit):
                self._call_on_stop()
                raise
            except Exception as error:
                environment = self._user.environment
                environment.events.user_error.fire(
                    user_instance=self, exception=error, tb=error.__traceback__
                )
                if not environment.catch_exceptions:
                    raise
                logger.error("%s\n%s", error, traceback.format_exc())
                self.wait()

    def _can_run_direct(self) -> bool:
        """Whether nothing the direct loop does in place has been replaced on this instance."""
        if not self._is_direct or not self._user.wait_time:
            return False
        replaced = self.__dict__
        return not any(name in replaced for name in _LOOP_METHODS)

    def _run_direct(self) -> NoReturn:
        """The loop, with the work of `wait` and `execute_task` in place, and of `get_next_task`.

        What a task may change while it runs (`tasks`, `wait_time`, the queue) is read in each
        turn.
        """
        user: Any = self._user
        # For tasks declared on the user, picker and argument are the user.
        holder: Any = user if isinstance(self, DefaultTaskSet) else self
        waiter: Any = user if type(self).wait_time is TaskSet.wait_time else self
        if "wait_time" in self.__dict__:
            waiter = self
        picks_itself = self._picks_itself or "get_next_task" in self.__dict__
        draw = random.random
        now = user._task_now
        tasks: list[Any] = []
        count, scale = 0, 0.0
        while True:
            if self._queue:
                chosen = self._queue.popleft()
            elif picks_itself:
                chosen = self.get_next_task()
            else:
                if holder.tasks is not tasks or len(tasks) != count:
                    tasks = holder.tasks
                    count = len(tasks)
                    # Python multiplies two floats faster than a float and an int.
                    scale = float(count)
                if count == 1:
                    chosen = tasks[0]
                elif count:
                    chosen = tasks[int(draw() * scale)]
                else:
                    chosen = self.get_next_task()
            if user._state == LOCUST_STATE_STOPPING:
                raise StopUser
            try:
                if type(chosen) is FunctionType:
                    now[0] = chosen.__qualname__
                    chosen(holder)
                else:
                    now[0] = _name_of(chosen)
                    self.execute_task(chosen)
            except RescheduleTaskImmediately:
                continue
            except RescheduleTask:
                pass

            if user._state == LOCUST_STATE_STOPPING:
                raise StopUser
            seconds = waiter.wait_time()
            # A user that has been switched out since its last wait has let the others run already.
            if seconds > 0 or not user._has_yielded:
                if user._state == LOCUST_STATE_STOPPING:
                    raise StopUser
                user._state = LOCUST_STATE_WAITING
                _sleep(seconds)
                if user._state == LOCUST_STATE_STOPPING:
                    raise StopUser
                user._state = LOCUST_STATE_RUNNING
            user._has_yielded = False

    def _run_by_methods(self) -> NoReturn:
        """The loop, made of the methods that subclasses may override."""
        user = self._user
        while True:
            if not self._task_queue:
                self.schedule_task(self.get_next_task())
            try:
                if user._state == LOCUST_STATE_STOPPING:
                    raise StopUser
                if self._task_queue:
                    user._task_now[0] = _name_of(self._task_queue[0])
                self.execute_next_task()
            except RescheduleTaskImmediately:
                pass
            except RescheduleTask:
                self.wait()
            else:
                self.wait()

    def _call_on_stop(self) -> None:
        """Calls `on_stop`; what it raises is logged, and does not keep the user from leaving."""
        self._user._task_now[0] = None
        try:
            self.on_stop()
        except Exception:
            logging.error("Uncaught exception in on_stop: \n%s", traceback.format_exc())

    def execute_next_task(self) -> None:
        """Carries out the first task of the queue."""
        self.execute_task(self._task_queue.popleft())

    def execute_task(self, task: Any) -> None:
        """Carries out `task`: a method of this object, a nested task set, or a function."""
        if hasattr(task, "__self__") and task.__self__ is self:
            task()
        elif hasattr(task, "tasks") and isinstance(task, type) and issubclass(task, TaskSet):
            task(self).run()
        else:
            task(self)

    def schedule_task(self, task_callable: Any, first: bool = False) -> None:
        """Puts a task into the queue, at its front if `first`; it runs before any is picked."""
        if first:
            self._task_queue.appendleft(task_callable)
        else:
            self._task_queue.append(task_callable)

    def get_next_task(self) -> Any:
        """Picks the next task. May be overridden."""
        if not self.tasks:
            raise _no_tasks(self, "TaskSet")
        return random.choice(self.tasks)

    def wait_time(self) -> float:
        """Seconds to wait after a task. May be overridden; the user's wait time by default."""
        user: Any = self._user
        if user.wait_time:
            return user.wait_time()
        if self.min_wait is not None and self.max_wait is not None:
            return random.randint(int(self.min_wait), int(self.max_wait)) / 1000.0
        raise MissingWaitTimeError(
            "You must define a wait_time method on either the "
            f"{type(user).__name__} or {type(self).__name__} class"
        )

    def wait(self) -> None:
        """Waits for the wait time. Raises `StopUser` if the user is being stopped."""
        user = self._user
        if user._state == LOCUST_STATE_STOPPING:
            raise StopUser
        user._state = LOCUST_STATE_WAITING
        seconds = self.wait_time()
        # A user that has been switched out since its last wait has let the others run already.
        if seconds > 0 or not user._has_yielded:
            self._sleep(seconds)
        user._has_yielded = False
        if user._state == LOCUST_STATE_STOPPING:
            raise StopUser
        user._state = LOCUST_STATE_RUNNING

    def _sleep(self, seconds: float) -> None:
        """Sleeps. May be overridden, for a clock of one's own."""
        _sleep(seconds)

    def interrupt(self, reschedule: bool = True) -> NoReturn:
        """Leaves this task set: the parent goes on, at once, or after its wait time."""
        raise InterruptTaskSet(reschedule)


class DefaultTaskSet(TaskSet):
    """Runs the tasks declared on a user class. They get the user as their argument."""

    _is_direct = True

    def get_next_task(self) -> Any:
        """Picks from the tasks of the user."""
        user = self._user
        if not user.tasks:
            raise _no_tasks(user, "User")
        return random.choice(user.tasks)

    def execute_task(self, task: Any) -> None:
        """Carries out `task` with the user as its argument."""
        if hasattr(task, "tasks") and isinstance(task, type) and issubclass(task, TaskSet):
            task(self._user).run()
        else:
            task(self._user)


def _name_of(task: Any) -> str | None:
    """What a task is called; `None` for a nested task set, which has tasks of its own."""
    if isinstance(task, type):
        return None
    name = getattr(task, "__qualname__", None)
    return name if isinstance(name, str) else type(task).__qualname__


def _give_back(interrupt: InterruptTaskSet) -> NoReturn:
    """Tells the parent to go on, at once or after a wait."""
    if interrupt.reschedule:
        raise RescheduleTaskImmediately(interrupt.reschedule) from interrupt
    raise RescheduleTask(interrupt.reschedule) from interrupt


def _no_tasks(holder: object, kind: str) -> Exception:
    """The error for a task set or a user that has nothing to do, in Locust's two wordings."""
    name = type(holder).__name__
    has_task = bool(getattr(holder, "task", None))
    if kind == "User":
        hint = (
            ", but you have set a 'task' attribute on your class - maybe you meant to set 'tasks'?"
            if has_task
            else "."
        )
        return Exception(
            f"No tasks defined on {name}{hint} Use the @task decorator or set the 'tasks' "
            "attribute of the User (or mark it as abstract = True if you only intend to subclass "
            "it)"
        )
    hint = (
        ", but you have set a 'task' attribute - maybe you meant to set 'tasks'?"
        if has_task
        else "."
    )
    return Exception(
        f"No tasks defined on {name}{hint} use the @task decorator or set the 'tasks' attribute "
        "of the TaskSet"
    )
