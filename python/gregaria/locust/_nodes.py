"""The workers a master knows, as `runner.clients` shows them."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, ValuesView

STATE_INIT = "ready"
STATE_SPAWNING = "spawning"
STATE_RUNNING = "running"
STATE_CLEANUP = "cleanup"
STATE_STOPPING = "stopping"
STATE_STOPPED = "stopped"
STATE_MISSING = "missing"

#: Heartbeats a worker may miss before it counts as missing.
HEARTBEAT_LIVENESS = 3


class WorkerNode:
    """One worker: what it last reported of itself."""

    def __init__(
        self, id: str, state: str = STATE_INIT, heartbeat_liveness: int = HEARTBEAT_LIVENESS
    ) -> None:
        self.id = id
        self.state = state
        self.heartbeat = heartbeat_liveness
        self.cpu_usage = 0.0
        self.cpu_warning_emitted = False
        self.memory_usage = 0
        self.user_classes_count: dict[str, int] = {}

    @property
    def user_count(self) -> int:
        """How many users run on it."""
        return sum(self.user_classes_count.values())


class WorkerNodes(MutableMapping[str, WorkerNode]):
    """Workers by id."""

    def __init__(self) -> None:
        self._worker_nodes: dict[str, WorkerNode] = {}

    def get_by_state(self, state: str) -> list[WorkerNode]:
        """The workers in `state`."""
        return [each for each in self._worker_nodes.values() if each.state == state]

    @property
    def all(self) -> ValuesView[WorkerNode]:
        """All workers, missing ones included."""
        return self.values()

    @property
    def ready(self) -> list[WorkerNode]:
        """Workers that wait for work."""
        return self.get_by_state(STATE_INIT)

    @property
    def spawning(self) -> list[WorkerNode]:
        """Workers that start users."""
        return self.get_by_state(STATE_SPAWNING)

    @property
    def running(self) -> list[WorkerNode]:
        """Workers whose users all run."""
        return self.get_by_state(STATE_RUNNING)

    @property
    def missing(self) -> list[WorkerNode]:
        """Workers that have not been heard of for a while."""
        return self.get_by_state(STATE_MISSING)

    def __setitem__(self, k: str, v: WorkerNode) -> None:
        self._worker_nodes[k] = v

    def __delitem__(self, k: str) -> None:
        del self._worker_nodes[k]

    def __getitem__(self, k: str) -> WorkerNode:
        return self._worker_nodes[k]

    def __len__(self) -> int:
        return len(self._worker_nodes)

    def __iter__(self) -> Iterator[str]:
        return iter(self._worker_nodes)
