"""Users who ask a target over HTTP: a page, and another that is not there."""

from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(0.05)

    @task(9)
    def look(self):
        self.client.get("/look")

    @task
    def miss(self):
        self.client.get("/missing/page")
