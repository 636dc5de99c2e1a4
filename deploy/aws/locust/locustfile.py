"""What a user of the load test does. Edit it: this one asks for two pages."""

from locust import HttpUser, between, task


class Visitor(HttpUser):
    """Somebody who looks around."""

    wait_time = between(1, 3)

    @task(3)
    def front_page(self) -> None:
        self.client.get("/")

    @task
    def about(self) -> None:
        self.client.get("/about")
