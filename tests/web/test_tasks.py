"""Endpoints by the task that asks for them, on a worker of ours, live and kept."""

from pathlib import Path

from tests.cli.command import run
from tests.web.page import own_port, serve
from tests.web.shop import open_shop

TEST = """\
from locust import FastHttpUser, HttpUser, TaskSet, constant, task


class Visitor(HttpUser):
    wait_time = constant(0.1)

    def on_start(self):
        self.client.post("/login", name="/start")

    @task
    class Browse(TaskSet):
        def on_start(self):
            self.client.get("/long", name="/enter")

        @task
        def look(self):
            self.client.get("/long", name="/look")
            self.client.get("/long", name="/both")

        @task
        def leave(self):
            self.user.environment.events.request.fire(
                request_type="X", name="own", response_time=1, response_length=0, exception=None
            )
            self.interrupt()

        def on_stop(self):
            self.client.get("/long", name="/left")


class Buyer(FastHttpUser):
    wait_time = constant(0.1)

    @task
    def buy(self):
        self.client.get("/photo")
        self.client.get("/long", name="/both")
"""

FOLDERS = {
    "Buyer.buy": {"/photo"},
    "Visitor.Browse.leave": {"own"},
    "Visitor.Browse.look": {"/look"},
    "outside tasks": {"/start", "/enter", "/left"},
    "several tasks": {"/both"},
}


def test_an_endpoint_is_in_the_folder_of_the_task_that_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(TEST)
    with open_shop() as shop, serve(tmp_path, *own_port(), "--processes", "1") as page:
        page.wait_for(lambda stats: stats["worker_count"] == 1)
        page.send("/api/v1/runs", {"users": 4, "spawn_rate": 100, "host": shop})

        def folders() -> dict[str, set[str]]:
            answer = page.get("/api/v1/runs/1/folders?by=task").json
            names = page.get("/api/v1/runs/1").json["names"]
            known = {each["index"]: each["name"] for each in names}
            return {
                folder["name"]: {known[index] for index in folder["entries"]}
                for folder in answer["folders"]
            }

        page.wait_for(lambda stats: len(stats["stats"]) == 8 and folders() == FOLDERS)
        page.post("/stop")
        page.wait_for(lambda stats: stats["state"] == "stopped")
        # What users do when they are stopped changes nothing.
        assert folders() == FOLDERS
    [store] = (tmp_path / "state").rglob("runs.sqlite")
    exported = run(tmp_path, "report", "export", "1", "-o", "-", "--store", str(store))
    assert '"Visitor.Browse.look"' in exported.stdout
