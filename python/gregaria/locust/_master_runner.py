"""The runner that leads workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._runner import DistributedRunner

if TYPE_CHECKING:
    from .env import Environment


class MasterRunner(DistributedRunner):
    """Leads workers; spawns no users itself."""

    def __init__(
        self, environment: Environment, master_bind_host: str, master_bind_port: int
    ) -> None:
        raise NotImplementedError("gregaria cannot be a master yet: run without --master")
