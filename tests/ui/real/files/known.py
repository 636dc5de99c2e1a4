"""A user whose requests have response times that everybody knows, without any network.

Of each hundred, ninety take 20 ms, eight 100 ms and two 400 ms: so p50 is 20, p95 is 100 and p99
is 400 ms. Every hundredth fails, each time with another number in its message. There are 500
names, some of them unpleasant.
"""

from itertools import count

from locust import User, constant, events, task

TIMES = [400.0] * 2 + [100.0] * 8 + [20.0] * 90

UNPLEASANT = [
    "<script>window.wasRun = true</script>",
    '"><img src=x onerror="window.wasRun = true">',
    "‮evil/txt.exe‬",
    "=1+1",
    "/long/" + "x" * 5000,
]

NAMES = [*UNPLEASANT, *(f"/shop/part-{number}" for number in range(495))]


class Clerk(User):
    wait_time = constant(0.1)
    host = "http://127.0.0.1:1"
    numbers = count()

    @task
    def work(self):
        for _ in range(100):
            number = next(self.numbers)
            failure = None
            if number % 100 == 0:
                failure = ValueError(f"<b>order</b> {number} was refused")
            events.request.fire(
                request_type="GET",
                # Every name meets every time: 7 and 100 have no common factor, nor 7 and 500.
                name=NAMES[number * 7 % len(NAMES)],
                response_time=TIMES[(number + number // 500) % 100],
                response_length=10,
                exception=failure,
            )

    @task
    def stumble(self):
        order = {}
        order["<i>total</i>"]
