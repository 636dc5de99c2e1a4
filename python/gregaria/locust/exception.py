"""The exceptions of the `locust` namespace.

Some steer the run of a user (`StopUser`, `InterruptTaskSet`, …), the others report misuse or a
failed request. All derive directly from `Exception`, as tests that catch them expect.
"""

from __future__ import annotations


class LocustError(Exception):
    """The API was used in a way it does not allow."""


class ResponseError(Exception):
    """Raised inside a `catch_response` block: the request counts as failed."""


class CatchResponseError(Exception):
    """Carries the text given to `response.failure("…")`."""


class MissingWaitTimeError(LocustError):
    """Neither the user nor the task set has a `wait_time`."""


class InterruptTaskSet(Exception):
    """Leaves the current task set and gives control back to its parent."""

    def __init__(self, reschedule: bool = True) -> None:
        """With `reschedule`, the parent picks its next task at once; without, it waits first."""
        super().__init__(reschedule)
        self.reschedule = reschedule


class StopTest(Exception):
    """Ends the whole run when it escapes a greenlet of the runner; in a task, ends the user."""


class StopUser(Exception):
    """Ends the user that raises it, after its `on_stop`."""


class RescheduleTask(Exception):
    """Ends the current task as if it had returned: the wait time follows."""


class RescheduleTaskImmediately(Exception):
    """Ends the current task; the next one starts without a wait."""


class RPCError(Exception):
    """The connection between master and worker failed."""


class RPCSendError(Exception):
    """A message between master and worker could not be sent."""


class RPCReceiveError(Exception):
    """A message between master and worker could not be read. `addr` names its sender."""

    def __init__(self, *args: object, addr: object = None) -> None:
        super().__init__(*args)
        self.addr = addr


class RunnerAlreadyExistsError(Exception):
    """The environment already has a runner."""


def _show_as_locustfiles_do() -> None:
    """Makes tracebacks and logs name these classes as locustfiles know them."""
    for value in globals().values():
        if isinstance(value, type):
            value.__module__ = "locust.exception"


_show_as_locustfiles_do()
