"""Many entries without a network: what is left is counting, and keeping what was counted."""

import itertools

from locust import User, constant_throughput, task

NAMES = 500

_numbers = itertools.count()


class Counter(User):
    """Twenty requests a second, each of another entry."""

    wait_time = constant_throughput(20)

    @task
    def count(self) -> None:
        number = next(_numbers)
        self.environment.events.request.fire(
            request_type="GET",
            name=f"/item/{number % NAMES}",
            response_time=5 + number % 97,
            response_length=100,
            exception=None,
        )
