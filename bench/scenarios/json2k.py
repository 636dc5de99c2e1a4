"""`catch_response` and a check of a JSON body of 2 KB with 45 objects."""

from locust import HttpUser, task


class Visitor(HttpUser):
    @task
    def products(self):
        with self.client.get("/json2k", catch_response=True) as response:
            if len(response.json()["items"]) != 45:
                response.failure("other products")
