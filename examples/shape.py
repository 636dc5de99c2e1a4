"""Load in steps: more users in each, then none. The run ends by itself.

A shape decides each second how many users there are; `--users` and `--run-time` are not needed.
"""

from locust import FastHttpUser, LoadTestShape, constant, task


class Visitor(FastHttpUser):
    wait_time = constant(0.2)

    @task
    def front_page(self):
        self.client.get("/")


class Steps(LoadTestShape):
    #: Until which second of the run; how many users; how many more or fewer of them each second.
    stages = (
        (2, 5, 5),
        (4, 20, 20),
        (6, 10, 20),
    )

    def tick(self):
        run_time = self.get_run_time()
        for until, users, spawn_rate in self.stages:
            if run_time < until:
                return users, spawn_rate
        return None
