"""How many users of which class run on which node, step by step, while a test ramps up or down.

The order of classes, the choice of nodes and the pace of the steps are those of Locust, which the
tests compare on random inputs. Nodes stay the same during a test:
handing the users of a lost worker to the others belongs to the cluster, which is not there yet.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

import gevent

if TYPE_CHECKING:
    from .runners import WorkerNode
    from .user.users import User

T = TypeVar("T")

#: Users of each class, by the id of the node they run on.
Distribution = dict[str, dict[str, int]]


def _kl_generator(users: Iterable[tuple[T, float]]) -> Generator[T | None]:
    """Yields for ever, so that every beginning is as close to the weights as it can be.

    Closeness is the Kullback-Leibler divergence; ties go to the smaller weight, then to the name.
    Without any weight it yields `None`.
    """
    heap = [(w * math.log2(w / (w + 1.0)), w + 1.0, w, name) for name, w in users if w > 0]
    if not heap:
        while True:
            yield None
    heapq.heapify(heap)
    while True:
        _, count, weight, name = heap[0]
        yield name
        step = (weight * math.log2(count / (count + 1.0)), count + 1.0, weight, name)
        heapq.heapreplace(heap, step)


class UsersDispatcher(Iterator[Distribution]):
    """Yields one distribution after the other, waiting in between, until the target is reached."""

    def __init__(self, worker_nodes: list[WorkerNode], user_classes: list[type[User]]) -> None:
        if not worker_nodes:
            raise ValueError("cannot spread users: there is no node")
        if not user_classes:
            raise ValueError("cannot start users: there is no user class")
        self._workers = _in_order(worker_nodes)
        self._user_classes = sorted(user_classes, key=lambda each: each.__name__)
        self._fixed_are_wanted = True
        self._users: Distribution = {
            worker.id: {each.__name__: 0 for each in self._user_classes} for worker in self._workers
        }
        self._active: list[tuple[str, str]] = []
        self._next_worker = itertools.cycle([worker.id for worker in self._workers])
        self._next_user = self._user_gen()
        self._target = 0
        self._rate = 1.0
        self._in_progress = False
        self._steps: Generator[Distribution] | None = None
        self._durations: list[float] = []
        #: How to wait between the steps, in seconds.
        self._sleep: Callable[[float], None] = gevent.sleep

    def get_current_user_count(self) -> int:
        """How many users the last distribution has."""
        return len(self._active)

    @property
    def dispatch_in_progress(self) -> bool:
        """Whether there are steps to come."""
        return self._in_progress

    @property
    def dispatch_iteration_durations(self) -> list[float]:
        """Seconds that each step took to compute."""
        return self._durations

    def new_dispatch(
        self,
        target_user_count: int,
        spawn_rate: float,
        user_classes: list[type[User]] | None = None,
    ) -> None:
        """Sets a new target, reached from where the users are with `spawn_rate` users a second.

        `user_classes` are those that users are spawned of from here on; who runs stays.
        """
        if target_user_count < 0:
            raise ValueError(f"target_user_count must be >= 0, got {target_user_count}")
        if not math.isfinite(spawn_rate):
            raise ValueError(f"spawn_rate must be a finite number, got {spawn_rate}")
        if spawn_rate <= 0:
            raise ValueError(f"spawn_rate must be > 0, got {spawn_rate}")
        if user_classes is not None:
            wanted = sorted(user_classes, key=lambda each: each.__name__)
            if wanted != self._user_classes:
                self._user_classes = wanted
                for users in self._users.values():
                    for each in wanted:
                        users.setdefault(each.__name__, 0)
                self._next_user = self._user_gen()
        self._target = target_user_count
        self._rate = spawn_rate
        self._durations = []
        self._steps = self._dispatcher()
        self._in_progress = True

    def __next__(self) -> Distribution:
        if self._steps is None:
            raise StopIteration
        return next(self._steps)

    def _dispatcher(self) -> Generator[Distribution]:
        """The steps of one ramp."""
        batch = max(1, math.floor(self._rate))
        interval = batch / self._rate
        due = time.perf_counter()
        if self._target == len(self._active):
            yield self._copy()
        while self._target != len(self._active):
            started = time.perf_counter()
            if self._target > len(self._active):
                is_complete = not self._add(min(batch, self._target - len(self._active)))
            else:
                self._remove(min(batch, len(self._active) - self._target))
                is_complete = False
            self._durations.append(time.perf_counter() - started)
            yield self._copy()
            if is_complete:
                break
            if self._target != len(self._active):
                due += interval
                self._sleep(max(0.0, due - time.perf_counter()))
        self._in_progress = False

    def _add(self, count: int) -> bool:
        """Adds `count` users; `False` if no class wants any more."""
        for _ in range(count):
            name = next(self._next_user)
            if name is None:
                return False
            worker = next(self._next_worker)
            self._users[worker][name] += 1
            self._active.append((worker, name))
        return True

    def _remove(self, count: int) -> None:
        """Removes the `count` users that were added last."""
        for _ in range(count):
            worker, name = self._active.pop()
            self._users[worker][name] -= 1
            # A fixed user may be among them, and comes first when users are added again.
            self._fixed_are_wanted = True

    def _user_gen(self) -> Iterator[str | None]:
        """Names of user classes: what `fixed_count` asks for, then by weight for ever."""
        weighted = _kl_generator(
            [(each.__name__, each.weight) for each in self._user_classes if not each.fixed_count]
        )
        while True:
            if self._fixed_are_wanted:
                self._fixed_are_wanted = False
                missing = {
                    each.__name__: each.fixed_count - self._count_of(each.__name__)
                    for each in self._user_classes
                    if each.fixed_count
                }
                total = sum(count for count in missing.values() if count > 0)
                fixed = _kl_generator(list(missing.items()))
                yield from itertools.islice(_only(fixed, missing), total)
            else:
                yield next(weighted)

    def _count_of(self, name: str) -> int:
        return sum(users[name] for users in self._users.values())

    def _copy(self) -> Distribution:
        return {worker: dict(users) for worker, users in self._users.items()}


def _only(names: Iterator[str | None], limits: dict[str, int]) -> Iterator[str]:
    """Lets each name through as often as its limit says."""
    left = dict(limits)
    for name in names:
        if name is None:
            return
        if left[name] > 0:
            left[name] -= 1
            yield name


def _in_order(workers: list[WorkerNode]) -> list[WorkerNode]:
    """Workers so that neighbours are on different hosts, as far as possible."""
    by_host: dict[str, int] = {}
    keys: dict[str, int] = {}
    for worker in sorted(workers, key=lambda each: each.id):
        host = worker.id.split("_")[0]
        keys[worker.id] = by_host[host] = by_host.get(host, -1) + 1
    return sorted(workers, key=lambda each: (keys[each.id], each.id))
