"""A master's test: its users live on workers that are simulated."""

from locust import User, task


class Visitor(User):
    @task
    def visit(self):
        raise NotImplementedError("only simulated workers run this")
