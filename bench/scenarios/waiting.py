"""Many users with a wait of one second, each of which notes how late its next task began."""

import json
import os
from time import perf_counter

from locust import HttpUser, constant, events, task

WAIT_SECONDS = 1

late_ms = []


class Visitor(HttpUser):
    wait_time = constant(WAIT_SECONDS)
    last_end = None

    @task
    def front_page(self):
        if self.last_end is not None:
            late_ms.append((perf_counter() - self.last_end - WAIT_SECONDS) * 1000)
        self.client.get("/")
        self.last_end = perf_counter()


@events.quitting.add_listener
def write_lateness(environment, **kwargs):
    late_ms.sort()
    answer = {f"p{share}": late_ms[len(late_ms) * share // 100] for share in (50, 99)}
    with open(os.environ["BENCH_LATENESS"], "w") as file:
        json.dump(answer, file)
