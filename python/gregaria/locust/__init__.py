"""The namespace that locustfiles import as `locust`.

Its names, signatures and behaviour are those of Locust 2.47. Importing it patches the standard
library for gevent, as importing Locust does, unless LOCUST_SKIP_MONKEY_PATCH is set.
"""

from __future__ import annotations

from gregaria import _patches

_patches.patch()

from .contrib.fasthttp import FastHttpUser  # noqa: E402
from .debug import run_single_user  # noqa: E402
from .event import Events  # noqa: E402
from .shape import LoadTestShape  # noqa: E402
from .user import wait_time  # noqa: E402
from .user.markov_taskset import MarkovTaskSet, transition, transitions  # noqa: E402
from .user.sequential_taskset import SequentialTaskSet  # noqa: E402
from .user.task import TaskSet, tag, task  # noqa: E402
from .user.users import HttpUser, User  # noqa: E402
from .user.wait_time import (  # noqa: E402
    between,
    constant,
    constant_pacing,
    constant_throughput,
    poisson,
)
from .util.deprecation import DeprecatedHttpLocustClass as HttpLocust  # noqa: E402
from .util.deprecation import DeprecatedLocustClass as Locust  # noqa: E402
from .util.deprecation import removed  # noqa: E402

#: The version of Locust that this namespace behaves like. gregaria's own is `gregaria.__version__`.
__version__ = "2.47.0"

#: The events of a run from the command line; the same object as `environment.events` there.
events = Events()

__all__ = (
    "FastHttpUser",
    "HttpLocust",
    "HttpUser",
    "LoadTestShape",
    "Locust",
    "MarkovTaskSet",
    "SequentialTaskSet",
    "TaskSet",
    "User",
    "__version__",
    "between",
    "constant",
    "constant_pacing",
    "constant_throughput",
    "events",
    "poisson",
    "run_single_user",
    "tag",
    "task",
    "transition",
    "transitions",
    "wait_time",
)

#: Names of Locust before 1.0 that have no successor of the same kind.
_REMOVED = {
    "TaskSequence": "use SequentialTaskSet instead",
    "seq_task": "order the tasks of a SequentialTaskSet by their place in the class instead",
}


def __getattr__(name: str) -> object:
    if name in _REMOVED:
        raise removed(name, _REMOVED[name])
    raise AttributeError(f"module 'locust' has no attribute '{name}'")
