"""Runs that are started, changed and stopped through the page, as scripts do it."""

from pathlib import Path

import pytest

from tests.cli.command import finish, interrupt, run, start
from tests.web.page import PLAIN, own_port, serve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a locustfile whose user needs no network."""
    (tmp_path / "locustfile.py").write_text(PLAIN)
    return tmp_path


def test_a_script_starts_changes_and_stops_a_run_by_the_paths_of_locust(folder: Path) -> None:
    with serve(folder) as page:
        assert page.stats()["state"] == "ready"
        answer = page.post("/swarm", {"user_count": 3, "spawn_rate": 100, "host": "http://h"})
        assert answer.json == {"success": True, "message": "Swarming started", "host": "http://h"}
        page.wait_for(lambda stats: stats["user_count"] == 3 and stats["total_rps"] > 0)
        page.post("/swarm", {"user_count": 1, "spawn_rate": 100})
        page.wait_for(lambda stats: stats["user_count"] == 1)
        assert page.post("/stop").json == {"message": "Test stopped", "success": True}
        stats = page.stats()
        assert (stats["state"], stats["user_count"]) == ("stopped", 0)
        assert stats["stats"][0]["name"] == "/"
        assert page.post("/stats/reset").body == "ok"
        assert page.stats()["stats"][-1]["num_requests"] == 0


def test_wrong_fields_of_a_swarm_are_answered_as_by_locust(folder: Path) -> None:
    with serve(folder) as page:
        for fields, message in (
            ({"user_count": "abc"}, "Invalid user_count value: 'abc' (must be an integer)"),
            (
                {"user_count": 1, "spawn_rate": "x"},
                "Invalid spawn_rate value: 'x' (must be a number)",
            ),
            (
                {"user_count": 1},
                "Missing or invalid user_count or spawn_rate from /swarm request",
            ),
            (
                {"user_count": 1, "spawn_rate": 1, "run_time": "soon"},
                "Valid run_time formats are : 20, 20s, 3m, 2h, 1h20m, 3h30m10s, etc.",
            ),
        ):
            answer = page.post("/swarm", fields)
            assert answer.status == 200
            assert answer.json == {"host": None, "message": message, "success": False}
        assert page.stats()["state"] == "ready"


def test_the_page_starts_a_run_and_says_how_it_ended(folder: Path) -> None:
    with serve(folder) as page:
        form = page.get("/api/v1/form").json
        assert [each["name"] for each in form["user_classes"]] == ["Visitor"]
        answer = page.send("/api/v1/runs", {"users": 2, "spawn_rate": 100, "name": "evening"})
        assert (answer.status, answer.json) == (201, {"run": 1})
        page.wait_for(lambda stats: stats["user_count"] == 2)
        state = page.get("/api/v1/runs/1").json["state"]
        assert (state["phase"], state["name"], state["run"]) == ("running", "evening", 1)
        assert page.send("/api/v1/runs/1/users", {"users": 1}).status == 200
        page.wait_for(lambda stats: stats["user_count"] == 1)
        assert page.send("/api/v1/runs/1/stop", {}).status == 202
        page.wait_for(lambda stats: stats["state"] == "stopped")
        end = page.get("/api/v1/runs/1").json["state"]["end"]
        assert (end["kind"], end["reason"]) == ("stopped", "stopped by 127.0.0.1")


def test_a_second_run_is_another_one(folder: Path) -> None:
    with serve(folder) as page:
        for number in (1, 2):
            answer = page.send("/api/v1/runs", {"users": 1, "spawn_rate": 1})
            assert answer.json == {"run": number}
            page.wait_for(lambda stats: stats["total_rps"] > 0)
            page.post("/stop")
        assert page.get("/api/v1/runs/1").json["state"]["phase"] == "ended"
        assert page.get("/api/v1/runs/2").json["state"]["phase"] == "ended"


def test_own_parameters_are_fields_and_secrets_stay_secret(folder: Path) -> None:
    text = (folder / "locustfile.py").read_text()
    (folder / "locustfile.py").write_text(
        text
        + """
@events.init_command_line_parser.add_listener
def add(parser):
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--password", default="hidden", is_secret=True)


@events.test_start.add_listener
def tell(environment, **_):
    options = environment.parsed_options
    print("DEPTH", options.depth, options.password == "hidden", flush=True)
"""
    )
    with serve(folder) as page:
        form = page.get("/api/v1/form")
        assert "hidden" not in form.body
        values = {each["name"]: each["value"] for each in form.json["parameters"]}
        assert values == {"depth": 1, "password": "set"}
        parameters = {"depth": 7, "password": "set"}
        request = {"users": 1, "spawn_rate": 1, "parameters": parameters}
        assert page.send("/api/v1/runs", request).status == 201
        page.wait_for(lambda stats: stats["user_count"] == 1)
        assert page.process.stdout is not None
        assert page.process.stdout.readline() == "DEPTH 7 True\n"
        page.post("/stop")


def test_classes_are_picked_where_that_is_asked_for(folder: Path) -> None:
    text = (folder / "locustfile.py").read_text()
    (folder / "locustfile.py").write_text(text + "\n\nclass Other(Visitor):\n    weight = 3\n")
    with serve(folder, "--class-picker") as page:
        fields = {"user_count": 4, "spawn_rate": 100, "user_classes": "Other"}
        assert page.post("/swarm", fields).json["user_classes"] == ["Other"]
        page.wait_for(lambda stats: stats["user_count"] == 4)
        assert page.get("/tasks").json["per_class"]["Other"]["ratio"] == 1.0
        unknown = page.send("/user", {"user_class_name": "Nobody", "weight": 2})
        assert unknown.status == 400
        assert page.send("/user", {"user_class_name": "Other", "weight": 2}).status == 201
        page.post("/stop")


def test_the_log_of_the_run_is_on_the_page(folder: Path) -> None:
    with serve(folder) as page:
        page.wait_for(lambda _: "Starting web interface at" in page.get("/logs").body)
        page.post("/swarm", {"user_count": 1, "spawn_rate": 1})
        page.wait_for(lambda stats: stats["user_count"] == 1)
        assert "starts a run: 1 users" in page.get("/logs").body


def test_autostart_needs_no_click_and_autoquit_ends_the_process(folder: Path) -> None:
    result = run(folder, "-P", "0", "--autostart", "--autoquit", "0", "-t", "1", "-u", "2")
    assert result.code == 0
    assert "--run-time limit reached, stopping test" in result.stderr
    assert "Aggregated" in result.stderr


def test_autoquit_without_autostart_is_told(folder: Path) -> None:
    result = run(folder, "--autoquit", "1")
    assert (result.code, result.stderr) == (
        1,
        "--autoquit is only meaningful in combination with --autostart\n",
    )


def test_a_port_that_is_taken_is_told(folder: Path) -> None:
    with serve(folder) as page:
        result = run(folder, "-P", page.url.rpartition(":")[2])
    assert result.code == 1
    assert "cannot serve the page on" in result.stderr
    assert "--web-port" in result.stderr


def test_listeners_of_init_get_the_page(folder: Path) -> None:
    text = (folder / "locustfile.py").read_text()
    (folder / "locustfile.py").write_text(
        text
        + """
@events.init.add_listener
def look(environment, web_ui, **_):
    print("PAGE", web_ui is environment.web_ui, web_ui.template_args)
"""
    )
    process = start(folder, "-P", "0", "--autostart", "--autoquit", "0", "-t", "1")
    assert finish(process).stdout == "PAGE True {}\n"


def test_the_page_of_a_master_tells_of_its_workers(folder: Path) -> None:
    with serve(folder, *own_port(), "--processes", "2") as page:
        page.wait_for(lambda stats: stats["worker_count"] == 2)
        assert page.get("/worker-count").json == {"worker_count": 2}
        page.send("/api/v1/runs", {"users": 4, "spawn_rate": 100})
        stats = page.wait_for(lambda stats: stats["user_count"] == 4 and stats["total_rps"] > 0)
        assert [each["user_count"] for each in stats["workers"]] == [2, 2]
        snapshot = page.get("/api/v1/runs/1").json
        assert snapshot["workers"]["users"] == [2, 2]
        assert page.post("/stop").json["success"]


def test_a_stop_now_cuts_tasks_off_also_of_users_that_are_being_stopped(folder: Path) -> None:
    text = (folder / "locustfile.py").read_text()
    text = text.replace("    def visit(self):\n", "    def visit(self):\n        sleep(1000)\n")
    (folder / "locustfile.py").write_text(f"from time import sleep\n{text}")
    with serve(folder, "--stop-timeout", "900") as page:
        page.send("/api/v1/runs", {"users": 2, "spawn_rate": 100})
        page.wait_for(lambda stats: stats["user_count"] == 2)
        page.send("/api/v1/runs/1/stop", {})
        page.wait_for(lambda stats: stats["state"] == "cleanup")
        assert page.send("/api/v1/runs/1/stop", {"now": True}).status == 202
        page.wait_for(lambda stats: (stats["state"], stats["user_count"]) == ("stopped", 0))


def test_ctrl_c_ends_the_page_and_shows_the_figures(folder: Path) -> None:
    with serve(folder) as page:
        page.post("/swarm", {"user_count": 1, "spawn_rate": 1})
        page.wait_for(lambda stats: stats["total_rps"] > 0)
        interrupt(page.process)
        result = finish(page.process)
    assert result.code == 0
    assert "Shutting down (exit code 0)" in result.stderr
    assert "Aggregated" in result.stderr
