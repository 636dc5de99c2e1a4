"""The locustfile of these tests, for nodes of both kinds. Each node writes down what happens on it.

Lines of JSON go to the file that CLUSTER_RECORD names. The master obeys the lines of the file that
CLUSTER_ORDERS names, if there is one: `start USERS RATE`, `stop`, `quit`. With
CLUSTER_REPORTS, each report is written down too.
"""

import json
import os
import time

import gevent
from locust import HttpUser, LoadTestShape, constant, events, task
from locust.runners import MasterRunner, WorkerRunner

RECORD = os.environ["CLUSTER_RECORD"]
ORDERS = os.environ.get("CLUSTER_ORDERS")
STAGES = os.environ.get("CLUSTER_STAGES")
REPORTS = os.environ.get("CLUSTER_REPORTS")

#: Seconds between two looks at the runner.
LOOK = 0.1


def note(event, **facts):
    with open(RECORD, "a", encoding="utf-8") as file:
        file.write(json.dumps({"event": event, "at": time.time(), **facts}) + "\n")


class Buyer(HttpUser):
    weight = 3
    wait_time = constant(0.05)

    @task
    def buy(self):
        self.client.get("/buy")


class Reader(HttpUser):
    wait_time = constant(0.05)

    @task
    def read(self):
        self.client.get("/read")


class Admin(HttpUser):
    fixed_count = 1
    wait_time = constant(0.1)

    @task
    def fail(self):
        self.client.get("/fail")
        raise RuntimeError("the admin has made a mistake")


class Patient(HttpUser):
    @task
    def wait(self):
        self.client.get("/never")


if STAGES:

    class Steps(LoadTestShape):
        """CLUSTER_STAGES is `SECONDS:USERS,…`: until when how many."""

        def tick(self):
            note("tick")
            for stage in STAGES.split(","):
                until, _, users = stage.partition(":")
                if self.get_run_time() < float(until):
                    return int(users), 10
            return None


def figures(environment):
    stats = environment.stats
    return {
        "requests": stats.total.num_requests,
        "seconds": dict(stats.total.num_reqs_per_sec),
        "failures": stats.total.num_failures,
        "entries": {entry.name: entry.num_requests for entry in stats.entries.values()},
        "errors": [
            [error.name, str(error.error), error.occurrences] for error in stats.errors.values()
        ],
    }


def markers(environment):
    """What one of ours has noted for the charts."""
    native = getattr(environment.stats, "native", None)
    return [text for _, _, text in native.markers()] if native is not None else []


def aborted(environment):
    """Requests that one of ours knows to have been cut off."""
    native = getattr(environment.stats, "native", None)
    return native.aborted() if native is not None else None


def refused(runner):
    """What a master of ours has turned away."""
    node = getattr(runner, "_node", None)
    return node.refused() if hasattr(node, "refused") else {}


def look(environment):
    runner = environment.runner
    while True:
        facts = {"state": runner.state, "users": dict(runner.user_classes_count)}
        if isinstance(runner, MasterRunner):
            clients = list(runner.clients.values())
            facts["workers"] = {each.id: [each.state, each.user_count] for each in clients}
            total = environment.stats.total
            facts["requests"] = total.num_requests
            facts["rate"] = total.current_rps
            facts["start_time"] = total.start_time
            facts["last_request"] = total.last_request_timestamp
            facts["refused"] = refused(runner)
        note("look", **facts)
        gevent.sleep(LOOK)


def obey(environment):
    done = 0
    while True:
        with open(ORDERS, encoding="utf-8") as file:
            lines = [line for line in file.read().split("\n")[:-1] if line]
        for line in lines[done:]:
            done += 1
            order, *numbers = line.split()
            if order == "start":
                environment.runner.start(int(numbers[0]), float(numbers[1]))
            elif order == "stop":
                environment.runner.stop()
            else:
                note("obeyed", order=line)
                environment.runner.quit()
                return
            note("obeyed", order=line)
        gevent.sleep(LOOK)


def on_question(environment, msg, **_):
    note("question", data=msg.data)
    environment.runner.send_message(
        "answer", {"to": msg.data, "from": environment.runner.client_id}
    )


def on_answer(environment, msg, **_):
    note("answer", data=msg.data, sender=msg.node_id)


@events.init.add_listener
def on_init(environment, **_):
    runner = environment.runner
    note("init", id=getattr(runner, "client_id", None))
    if isinstance(runner, WorkerRunner):
        runner.register_message("question", on_question)
    if isinstance(runner, MasterRunner):
        runner.register_message("answer", on_answer)
        if ORDERS:
            gevent.spawn(obey, environment)
    gevent.spawn(look, environment)


@events.test_start.add_listener
def on_test_start(environment, **_):
    note("test_start")
    if isinstance(environment.runner, MasterRunner):
        environment.runner.send_message("question", {"numbers": [1, 2.5, None], "text": "Grüße"})


@events.spawning_complete.add_listener
def on_spawning_complete(user_count, **_):
    note("spawning_complete", user_count=user_count)


@events.test_stopping.add_listener
def on_test_stopping(environment, **_):
    note("test_stopping")


@events.test_stop.add_listener
def on_test_stop(environment, **_):
    note("test_stop", **figures(environment))


@events.quitting.add_listener
def on_quitting(environment, **_):
    note("quitting")
    on_quitting.environment = environment


@events.quit.add_listener
def on_quit(exit_code, **_):
    environment = on_quitting.environment
    exceptions = [
        [each["msg"], each["count"], len(each["nodes"])]
        for each in environment.runner.exceptions.values()
    ]
    note(
        "quit",
        exit_code=exit_code,
        exceptions=exceptions,
        final=environment.runner.final_user_classes_count,
        markers=markers(environment),
        aborted=aborted(environment),
        **figures(environment),
    )


@events.worker_connect.add_listener
def on_worker_connect(client_id, **_):
    note("worker_connect", id=client_id)


if REPORTS:

    @events.report_to_master.add_listener
    def on_report_to_master(data, **_):
        note("report", requests=data["stats_total"]["num_requests"])

    @events.worker_report.add_listener
    def on_worker_report(client_id, data, **_):
        note("merged", id=client_id, requests=data["stats_total"]["num_requests"])
