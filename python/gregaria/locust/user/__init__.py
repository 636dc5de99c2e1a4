"""Users and task sets."""

# The decorator `task` hides the submodule of the same name: `locust.user.task` is the function,
# while `from locust.user.task import X` reads the module.
from .task import TaskSet, tag, task
from .users import HttpUser, User

__all__ = ("HttpUser", "TaskSet", "User", "tag", "task")
