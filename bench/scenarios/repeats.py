"""A shop of three pages with pauses between requests: a load whose runs should all be the same."""

from locust import FastHttpUser, constant_throughput, task


class Shopper(FastHttpUser):
    """Two requests a second, whatever the answers take."""

    wait_time = constant_throughput(2)

    @task(5)
    def item(self) -> None:
        self.client.get("/item")

    @task(3)
    def search(self) -> None:
        self.client.get("/search")

    @task(1)
    def cart(self) -> None:
        self.client.get("/cart")
