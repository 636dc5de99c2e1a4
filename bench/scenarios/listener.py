"""A Python listener on `events.request`: every request calls it."""

from locust import HttpUser, events, task

slow = 0


@events.request.add_listener
def count_slow(request_type, name, response_time, exception, **kwargs):
    global slow
    if exception is None and response_time > 500:
        slow += 1


class Visitor(HttpUser):
    @task
    def front_page(self):
        self.client.get("/")
