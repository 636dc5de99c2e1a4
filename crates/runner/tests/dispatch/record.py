"""Records what the dispatcher of the installed Locust does on random courses of events.

Usage: python record.py COURSES SEED > courses.jsonl, with Locust 2.47 installed. One course a line:

    {"workers": [id, ...], "classes": [[name, weight, fixed count], ...], "events": [...]}

An event is one of

    ["dispatch", target, spawn rate, [class name, ...] or null]
    ["add", worker id]    ["remove", worker id]
    ["wait", seconds]     what the dispatcher waits before its next step; what follows up to that
                          step happens at the end of the wait, and the step has none any more
    ["step", wait, {worker id: [count of each class, in the order of their names]}, in progress]
    ["end", in progress]

where a step is what the dispatcher gives next, `wait` the seconds it slept before it, and the end
is that of a ramp. Time stands still, so waits are exact.
"""

import json
import random
import sys
import time
from collections.abc import Callable

import gevent
import locust
from locust.dispatch import UsersDispatcher
from locust.runners import WorkerNode

slept: list[float] = []
#: What happens at the end of the next wait.
meanwhile: list[Callable[[], None]] = []


def sleep(seconds: float = 0.0) -> None:
    """Takes no time, and lets happen what is to happen meanwhile."""
    slept.append(seconds)
    if meanwhile:
        meanwhile.pop()()


gevent.sleep = sleep
time.perf_counter = lambda: 0.0

#: Steps after which a ramp is left as it is, to see what a new target does to it.
MAX_STEPS = 40


def user_class(name: str, weight: float, fixed_count: int) -> type[locust.User]:
    """A user class of which nothing but its numbers matters."""
    body = {"weight": weight, "fixed_count": fixed_count, "abstract": False}
    return type(name, (locust.User,), body)


def course(random: random.Random) -> dict[str, object]:
    """One dispatcher from its making through targets, ramps, joins and leaves."""
    names = random.sample("ABCDEFG", random.randint(1, 5))
    weights = [1, 1, 1, 2, 3, 5, 10, 0.5, 0.3]
    numbers = [(name, random.choice(weights), random.choice([0, 0, 0, 1, 2, 5])) for name in names]
    classes = {name: user_class(name, weight, fixed) for name, weight, fixed in numbers}
    hosts = ["hosta", "hostb", "10.0.0.7"]
    made = iter(f"{random.choice(hosts)}_{number:02}" for number in random.sample(range(99), 40))
    workers = [WorkerNode(next(made)) for _ in range(random.randint(1, 5))]
    dispatcher = UsersDispatcher(list(workers), list(classes.values()))
    events: list[list[object]] = []
    result = {"workers": [w.id for w in workers], "classes": numbers, "events": events}

    def change() -> None:
        """A worker comes or goes."""
        if random.random() < 0.5 or len(workers) == 1:
            workers.append(WorkerNode(next(made)))
            dispatcher.add_worker(workers[-1])
            events.append(["add", workers[-1].id])
        else:
            left = workers.pop(random.randrange(len(workers)))
            dispatcher.remove_worker(left)
            events.append(["remove", left.id])

    def change_during_a_wait() -> None:
        events.append(["wait", slept.pop()])
        change()

    for _ in range(random.randint(1, 6)):
        for _ in range(random.choice([0, 0, 0, 1, 1, 2])):
            change()
        target = random.choice([0, 1, 3, 7, 10, 20, 33])
        rate = random.choice([0.3, 0.5, 1, 1.7, 2.5, 3, 7, 100])
        chosen = random.choice(
            [None, None, None, random.sample(names, random.randint(1, len(names)))]
        )
        picked = None if chosen is None else [classes[name] for name in chosen]
        dispatcher.new_dispatch(target, rate, picked)
        events.append(["dispatch", target, rate, chosen])
        for _ in range(random.choice([2, 5, MAX_STEPS, MAX_STEPS])):
            slept.clear()
            meanwhile[:] = [change_during_a_wait] if random.random() < 0.1 else []
            placed = next(dispatcher, None)
            if placed is None:
                events.append(["end", dispatcher.dispatch_in_progress])
                break
            counts = {
                worker: [users.get(name, 0) for name in sorted(names)]
                for worker, users in sorted(placed.items())
            }
            events.append(["step", sum(slept), counts, dispatcher.dispatch_in_progress])
            if random.random() < 0.12:
                change()
    return result


def main() -> None:
    """Writes as many courses as asked for."""
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    for number in range(count):
        made = course(random.Random(seed * 1_000_000 + number))
        sys.stdout.write(json.dumps(made, separators=(",", ":")) + "\n")
    sys.stdout.flush()


main()
