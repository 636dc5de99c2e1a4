"""Many users that hold a connection each and ask seldom. With https, without verification."""

from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(5)

    def on_start(self):
        self.client.verify = False

    @task
    def front_page(self):
        self.client.get("/")
