"""Runners: they start and stop users, and tell the listeners about it.

Each is in a file of its own. What stands here are the names that locustfiles import, and the times
they change: whoever needs one of these reads it from here each time.
"""

from ._distributed_runner import DistributedRunner
from ._local_runner import LocalRunner
from ._master_runner import MasterRunner
from ._nodes import (
    HEARTBEAT_LIVENESS,
    STATE_CLEANUP,
    STATE_INIT,
    STATE_MISSING,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPED,
    STATE_STOPPING,
    WorkerNode,
    WorkerNodes,
)
from ._runner import ExceptionDict, Runner, locust_exception_handler
from ._worker_runner import WorkerRunner
from .user.task import LOCUST_STATE_STOPPING

__all__ = [
    "CONNECT_RETRY_COUNT",
    "CONNECT_TIMEOUT",
    "CPU_MONITOR_INTERVAL",
    "CPU_WARNING_THRESHOLD",
    "FALLBACK_INTERVAL",
    "HEARTBEAT_DEAD_INTERNAL",
    "HEARTBEAT_INTERVAL",
    "HEARTBEAT_LIVENESS",
    "LOCUST_STATE_STOPPING",
    "MASTER_HEARTBEAT_TIMEOUT",
    "STATE_CLEANUP",
    "STATE_INIT",
    "STATE_MISSING",
    "STATE_RUNNING",
    "STATE_SPAWNING",
    "STATE_STOPPED",
    "STATE_STOPPING",
    "WORKER_LOG_REPORT_INTERVAL",
    "WORKER_REPORT_INTERVAL",
    "DistributedRunner",
    "ExceptionDict",
    "LocalRunner",
    "MasterRunner",
    "Runner",
    "WorkerNode",
    "WorkerNodes",
    "WorkerRunner",
    "locust_exception_handler",
]

# Times of Locust's protocol, in seconds, which locustfiles read and change.
WORKER_REPORT_INTERVAL = 3.0
WORKER_LOG_REPORT_INTERVAL = 10
CPU_MONITOR_INTERVAL = 10.0
CPU_WARNING_THRESHOLD = 90
HEARTBEAT_INTERVAL = 1
HEARTBEAT_DEAD_INTERNAL = -60
MASTER_HEARTBEAT_TIMEOUT = 60
FALLBACK_INTERVAL = 5
CONNECT_TIMEOUT = 5
CONNECT_RETRY_COUNT = 60
