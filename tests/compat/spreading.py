"""Spreads random users over random workers and prints every step; the seed is the argument."""

import json
import random
import sys
from contextlib import suppress

with suppress(ImportError):
    import gregaria

    gregaria.install()

import gevent
from locust import User
from locust.dispatch import UsersDispatcher
from locust.runners import WorkerNode

#: Ramps of one test, and tests of one call.
RAMPS = 6
TESTS = 60


def user_class(name, weight, fixed_count):
    return type(name, (User,), {"weight": weight, "fixed_count": fixed_count})


def one_test(draw):
    """The steps of a test with several ramps, up and down."""
    hosts = [f"{draw.choice('abc')}_{index}" for index in range(draw.randint(1, 4))]
    names = draw.sample("ABCDEFG", draw.randint(1, 5))
    classes = [
        user_class(
            name,
            draw.choice([1, 1, 2, 3, 10, 0.5]),
            draw.choice([0, 0, 0, 1, 4]),
        )
        for name in names
    ]
    if all(each.fixed_count for each in classes):
        classes[0].fixed_count = 0
    dispatcher = UsersDispatcher([WorkerNode(host) for host in hosts], classes)
    steps = []
    for _ in range(RAMPS):
        target, rate = draw.randint(0, 40), draw.choice([0.5, 1, 2.5, 7, 100])
        wanted = (
            draw.sample(classes, draw.randint(1, len(classes))) if draw.random() < 0.3 else None
        )
        if wanted is not None and all(each.fixed_count for each in wanted):
            wanted = None
        dispatcher.new_dispatch(target, rate, wanted)
        steps.append([target, rate, [dict(sorted(step.items())) for step in dispatcher]])
    return steps


if __name__ == "__main__":
    gevent.sleep = lambda seconds=0: None
    draw = random.Random(int(sys.argv[1]))
    for _ in range(TESTS):
        print(json.dumps(one_test(draw), sort_keys=True))
