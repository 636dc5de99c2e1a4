"""The runner that a master leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._runner import DistributedRunner

if TYPE_CHECKING:
    from .env import Environment


class WorkerRunner(DistributedRunner):
    """Spawns the users that its master asks for."""

    worker_index = -1

    def __init__(self, environment: Environment, master_host: str, master_port: int) -> None:
        raise NotImplementedError("gregaria cannot be a worker yet: run without --worker")
