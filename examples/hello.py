"""The shortest useful locustfile: one page, one pause.

gregaria -f examples/hello.py --headless -u 10 -t 10s -H http://localhost:8000
"""

from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(0.1)

    @task
    def front_page(self):
        self.client.get("/")
