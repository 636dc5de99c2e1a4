"""One GET after the other over kept TLS connections, with the certificate verified."""

import os

from locust import HttpUser, task


class Visitor(HttpUser):
    def on_start(self):
        self.client.verify = os.environ["BENCH_CA"]

    @task
    def front_page(self):
        self.client.get("/")
