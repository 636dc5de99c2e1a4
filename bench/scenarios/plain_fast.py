"""The same with `FastHttpUser`."""

from locust import FastHttpUser, task


class Visitor(FastHttpUser):
    @task
    def front_page(self):
        self.client.get("/")
