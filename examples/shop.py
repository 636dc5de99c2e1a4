"""Customers of a shop: some look around, some buy, and one page is known to fail now and then.

Shows task sets inside task sets, a sequence, weights, names of entries, and a task that decides by
itself what counts as a failure. `gregaria demo` runs this file against a server of its own.
"""

import random

from locust import HttpUser, SequentialTaskSet, TaskSet, between, task

PRODUCTS = range(1, 21)


class Browse(TaskSet):
    """Looks around, and leaves after a while."""

    @task(2)
    def list_products(self):
        self.client.get("/products")

    @task(4)
    def look_at_a_product(self):
        # One entry for all products, not one for each.
        self.client.get(f"/products/{random.choice(PRODUCTS)}", name="/products/[id]")

    @task(2)
    class Compare(TaskSet):
        """A task set inside a task set: asks the API until it has seen enough."""

        @task(3)
        def ask_the_api(self):
            product = random.choice(PRODUCTS)
            path = f"/api/products/{product}"
            with self.client.get(path, name="/api/products/[id]", catch_response=True) as response:
                if response.json()["id"] != product:
                    response.failure("the API answered with another product")

        @task
        def seen_enough(self):
            self.interrupt(reschedule=False)

    @task
    def leave(self):
        self.interrupt()


class Buy(SequentialTaskSet):
    """Puts two things into the cart and pays: the order of the tasks is the order of the class."""

    @task
    def first_product(self):
        self.add_to_cart()

    @task
    def second_product(self):
        self.add_to_cart()

    @task
    def check_the_cart(self):
        with self.client.get("/cart", catch_response=True) as response:
            items = response.json()["items"]
            if items != 2:
                response.failure(f"two products went into the cart, {items} are in it")

    @task
    def pay(self):
        self.client.post("/checkout")
        self.interrupt()

    def add_to_cart(self):
        self.client.post("/cart", json={"product": random.choice(PRODUCTS)})


class Customer(HttpUser):
    wait_time = between(0.1, 0.5)
    tasks = {Browse: 3, Buy: 1}

    def on_start(self):
        self.client.get("/")

    @task(1)
    def see_what_is_flaky(self):
        """Every tenth answer is a 503, and that is expected here: not a failure."""
        with self.client.get("/flaky", catch_response=True) as response:
            if response.status_code == 503:
                response.success()
