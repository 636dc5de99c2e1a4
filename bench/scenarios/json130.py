"""`catch_response` and a check of a JSON body of 130 bytes."""

from locust import HttpUser, task


class Visitor(HttpUser):
    @task
    def product(self):
        with self.client.get("/json130", catch_response=True) as response:
            if response.json()["id"] != 1:
                response.failure("another product")
