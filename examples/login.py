"""Users who sign in: a form with a hidden token, a session cookie, a redirect.

The client keeps cookies between requests as a browser does, each user its own.
"""

import re

from locust import HttpUser, between, task
from locust.exception import StopUser

TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


class Member(HttpUser):
    wait_time = between(0.1, 0.3)

    def on_start(self):
        page = self.client.get("/login")
        token = TOKEN.search(page.text)
        if token is None:
            # There is nothing to do without an account. Other users go on.
            raise StopUser()
        form = {"user": "ada", "password": "demo", "csrf": token[1]}
        # The answer is a redirect to the account, which the client follows.
        with self.client.post("/login", data=form, catch_response=True) as response:
            if "signed in as ada" not in response.text:
                response.failure(f"not signed in: {response.status_code}")

    @task
    def account(self):
        self.client.get("/account")
