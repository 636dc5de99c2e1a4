"""What viewers of the page want to be done, one method `_do_<order>` for each."""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gevent

from ._flask import ask
from ._master_runner import MasterRunner
from ._nodes import STATE_INIT, STATE_RUNNING, STATE_SPAWNING, STATE_STOPPED
from ._page_swarm import Swarm, SwarmError, convert

if TYPE_CHECKING:
    from .web import WebUI

logger = logging.getLogger("locust.web")

#: Seconds after which a start is answered although the run has not begun.
START_LIMIT = 20.0

#: What the page sends for a secret that stays as it is.
UNCHANGED_SECRET = "set"


@dataclass(frozen=True)
class Answer:
    """A status of HTTP and a body."""

    status: int
    body: Any = field(default_factory=dict)


def refusal(status: int, code: str, message: str, about: str | None = None) -> Answer:
    """Why something is not done."""
    return Answer(status, {"code": code, "message": message, "field": about})


def _cannot_choose() -> Answer:
    text = (
        "a test is loaded, or this page was not started by the command `gregaria`: another test is "
        "named where the program is started"
    )
    return refusal(409, "cannot_choose", text)


class PageOrders:
    """Does what viewers want."""

    def __init__(self, page: WebUI) -> None:
        self._page = page
        self._environment = page.environment
        self._stop_timer: Any = None

    def carry_out(
        self, name: str, arguments: dict[str, Any], answer: Callable[[Answer], None]
    ) -> None:
        """Does one thing, and calls `answer` when it is done or has begun."""
        if name == "stop_and_wait":
            # Users may take their time, and others want something, too.
            gevent.spawn(self._stop_and_wait, arguments, answer)
            return
        if name == "own_page":
            # So may a view of the locustfile.
            gevent.spawn(self._own_page, arguments, answer)
            return
        if name == "start":
            gevent.spawn(self._start_and_tell, arguments, answer)
            return
        answer(getattr(self, f"_do_{name}")(**arguments))

    def begin(self, users: int, spawn_rate: float, run_time: int | None) -> None:
        """Starts a run as the command line wants it."""
        runner, shape = self._environment.runner, self._environment.shape_class
        assert runner is not None, "a page is made after its runner"
        self._page.runs.expect(
            started_from="command line",
            load={
                "users": users if shape is None else None,
                "spawn_rate": spawn_rate if shape is None else None,
                "run_time_seconds": run_time,
                "shape": None if shape is None else type(shape).__name__,
            },
        )
        self._set_timer(run_time)
        if shape is not None:
            runner.start_shape()
        else:
            gevent.spawn(runner.start, users, spawn_rate)

    def _start_and_tell(self, arguments: dict[str, Any], answer: Callable[[Answer], None]) -> None:
        """Starts a run, and answers with its number when that is known."""
        try:
            started = self._do_start(**arguments)
        except Exception as error:
            logger.exception("Uncaught exception in start")
            started = Answer(500, {"code": "failed", "message": str(error), "field": None})
        runs = self._page.runs
        if started.status == 201 and runs.has_begun.wait(START_LIMIT) and runs.run is not None:
            started = Answer(201, {"run": runs.run.number})
        answer(started)

    # --- the page's own -----------------------------------------------------------------------

    def _do_start(
        self,
        request: dict[str, Any],
        by: str | None,
        address: str,
        public: list[dict[str, Any]],
    ) -> Answer:
        environment, runner = self._environment, self._environment.runner
        if runner is None:
            return refusal(409, "cannot_start", "there is no runner")
        if request["user_classes"] is not None or request["shape_class"] is not None:
            if not self._page.userclass_picker_is_active:
                return refusal(
                    400, "invalid", "classes can be chosen with --class-picker", "user_classes"
                )
            error = self._choose(request["user_classes"], request["shape_class"])
            if error is not None:
                return error
        shape = environment.shape_class
        needs_load = shape is None or shape.use_common_options
        users, spawn_rate = request["users"], request["spawn_rate"]
        if needs_load and not users:
            return refusal(400, "invalid", "how many users?", "users")
        if needs_load and not spawn_rate:
            return refusal(400, "invalid", "how many users are started a second?", "spawn_rate")
        error = self._set_parameters(request["parameters"])
        if error is not None:
            return error
        if request["host"]:
            environment.host = request["host"].strip()
        if request["name"] is not None:
            environment.profile = request["name"].strip() or None
        run_time = request["run_time_seconds"]
        options = environment.parsed_options
        if options is not None:
            options.num_users, options.spawn_rate = users, spawn_rate
            options.run_time = None if run_time is None else math.ceil(run_time)
        number = self._page.runs.expect(
            started_by=by,
            started_from=address,
            note=request["note"],
            load={
                "users": users if needs_load else None,
                "spawn_rate": spawn_rate if needs_load else None,
                "run_time_seconds": run_time,
                "shape": None if shape is None else type(shape).__name__,
            },
        )
        self._tell_of_start(by, address, public, f"{users} users" if needs_load else "a shape")
        self._set_timer(run_time)
        if shape is not None:
            runner.start_shape()
        else:
            gevent.spawn(runner.start, users, spawn_rate)
        self._page.publish_form()
        return Answer(201, {"run": number})

    def _do_users(
        self, users: int, spawn_rate: float | None, by: str | None, address: str
    ) -> Answer:
        runner = self._environment.runner
        if runner is None or runner.state not in (STATE_RUNNING, STATE_SPAWNING):
            return refusal(409, "not_running", "this run has ended")
        if runner.shape_greenlet:
            return refusal(409, "shape", "a shape says how many users there are")
        load = self._page.runs.run.load if self._page.runs.run else {}
        rate = spawn_rate or load.get("spawn_rate") or 1.0
        logger.info(
            "%s changes the users from %s to %s", _who(by, address), runner.target_user_count, users
        )
        self._page.runs.changed(users, rate)
        gevent.spawn(runner.start, users, rate)
        return Answer(200)

    def _do_stop(self, now: bool, by: str | None, address: str) -> Answer:
        runner = self._environment.runner
        if runner is None:
            return refusal(409, "not_running", "this run has ended")
        self._begin_stop(by, address)
        gevent.spawn(runner.stop_now if now else runner.stop)
        return Answer(202)

    def _do_reload(self, by: str | None, address: str) -> Answer:
        runner = self._environment.runner
        is_idle = runner is None or runner.state in (STATE_INIT, STATE_STOPPED)
        if not is_idle or self._page.runs.is_starting:
            return refusal(409, "already_running", "a run lasts: stop it first")
        on_reload = self._page.on_reload
        if on_reload is None:
            text = "this page was not started by the command `gregaria`: start its program again"
            return refusal(409, "cannot_reload", text)
        logger.info("%s reads the files of the test again", _who(by, address))
        gevent.spawn(on_reload)
        return Answer(202)

    def _do_test_files(self) -> Answer:
        choices = self._page.choices
        if choices is None:
            return _cannot_choose()
        files, is_cut = choices.listing()
        listed = [{"name": each.name, "is_likely": each.is_likely} for each in files]
        return Answer(200, {"folder": str(choices.folder), "files": listed, "is_cut": is_cut})

    def _do_choose_test(self, file: str, by: str | None, address: str) -> Answer:
        choices = self._page.choices
        if choices is None:
            return _cannot_choose()
        if not choices.has(file):
            logger.warning("%s is refused the test file %.200r", _who(by, address), file)
            text = "this is no file of the list: `GET /api/v1/form/files` tells which there are"
            return refusal(400, "unknown_file", text, "file")
        logger.info("%s chooses the test file `%s`", _who(by, address), file)
        gevent.spawn(choices.on_choice, file)
        return Answer(202)

    def _own_page(self, request: dict[str, Any], answer: Callable[[Answer], None]) -> None:
        page = self._page
        scheme = "https" if page.tls_cert else "http"
        try:
            status, body = ask(page.app, request, page.web_base_path, scheme)
        except Exception:
            text = traceback.format_exc()
            logger.error("Uncaught exception in %s:\n%s", request["path"], text)
            plain = ("Content-Type", "text/plain; charset=utf-8")
            status, body = 500, {"headers": [plain], "body": "Internal Server Error\n"}
        answer(Answer(status, body))

    def _do_note(self, time: float, text: str, by: str | None) -> Answer:
        logger.info("Note%s: %s", f" by {by}" if by else "", text)
        if self._page.store is not None:
            self._page.store[1].note(time, text, by)
        return Answer(200)

    def _do_audit(self, text: str) -> Answer:
        logger.info("%s", text)
        return Answer(200)

    def _do_remove_worker(self, id: str, by: str | None) -> Answer:
        runner = self._environment.runner
        if not isinstance(runner, MasterRunner) or not runner.dismiss_worker(id):
            return refusal(404, "unknown_worker", "there is no such worker", "id")
        logger.info("%s removes the worker %s", by or "A viewer", id)
        return Answer(202)

    # --- Locust's -----------------------------------------------------------------------------

    def _do_swarm(
        self,
        fields: list[tuple[str, str]],
        by: str | None,
        address: str,
        public: list[dict[str, Any]],
    ) -> Answer:
        environment, runner = self._environment, self._environment.runner
        if runner is None:
            return Answer(200, {"success": False, "message": "No runner", "host": None})
        is_picking = self._page.userclass_picker_is_active
        swarm = Swarm(environment, is_picking)
        try:
            swarm.read(fields)
            if is_picking:
                error = self._choose(swarm.user_classes or None, swarm.shape_class)
                if error is not None:
                    raise SwarmError(str(error.body["message"]))
            shape = environment.shape_class
            if shape is not None and not shape.use_common_options:
                swarm.begin_shape(self._page.runs, by, address)
                self._tell_of_start(by, address, public, "a shape")
                self._set_timer(None)
                runner.start_shape()
                self._page.publish_form()
                text = f"Swarming started using shape class '{type(shape).__name__}'"
                return Answer(200, {"success": True, "message": text, "host": environment.host})
            users, spawn_rate = swarm.load()
        except SwarmError as error:
            body = {"success": False, "message": str(error), "host": environment.host}
            return Answer(200, body)
        except ValueError as error:
            return Answer(500, str(error))
        if runner.state in (STATE_RUNNING, STATE_SPAWNING):
            self._page.runs.changed(users, spawn_rate)
        else:
            swarm.begin(self._page.runs, by, address)
            self._tell_of_start(by, address, public, f"{users} users")
        self._set_timer(swarm.run_time)
        if shape is not None:
            runner.start_shape()
        else:
            classes = environment.user_classes if swarm.user_classes else None
            gevent.spawn(runner.start, users, spawn_rate, user_classes=classes)
        self._page.publish_form()
        body = {"success": True, "message": "Swarming started", "host": environment.host}
        if swarm.run_time:
            body["run_time"] = swarm.run_time
        if is_picking:
            body["user_classes"] = sorted(each.__name__ for each in environment.user_classes)
        return Answer(200, body)

    def _stop_and_wait(self, arguments: dict[str, Any], answer: Callable[[Answer], None]) -> None:
        runner = self._environment.runner
        if runner is not None:
            self._begin_stop(arguments["by"], arguments["address"])
            runner.stop()
        answer(Answer(200, {"success": True, "message": "Test stopped"}))

    def _do_reset(self) -> Answer:
        environment = self._environment
        environment.events.reset_stats.fire()
        environment.stats.reset_all()
        environment.stats.native.clear_exceptions()
        return Answer(200, "ok")

    def _do_user(self, settings: Any) -> Answer:
        environment = self._environment
        name = settings.get("user_class_name") if isinstance(settings, dict) else None
        if name not in (environment.available_user_classes or {}):
            # Before anything is sent: a worker of Locust's ends at the name of a class it lacks.
            return Answer(400, f"there is no user class {name!r}")
        environment.update_user_class(settings)
        self._page.publish_form()
        return Answer(201)

    # --- what they have in common ---------------------------------------------------------------

    def _choose(self, names: list[str] | None, shape: str | None) -> Answer | None:
        environment = self._environment
        available = environment.available_user_classes or {}
        unknown = [name for name in names or [] if name not in available]
        if unknown:
            text = f"there is no user class `{unknown[0]}`"
            return refusal(400, "invalid", text, "user_classes")
        shapes = environment.available_shape_classes or {}
        if shape is not None and shape != "Default" and shape not in shapes:
            return refusal(400, "invalid", f"there is no shape `{shape}`", "shape_class")
        if names is not None:
            environment.user_classes = [available[name] for name in names]
        elif not self._is_running():
            environment.user_classes = list(available.values())
        environment._remove_user_classes_with_weight_zero()
        if shape is not None:
            environment.shape_class = None if shape == "Default" else shapes[shape]
            if environment.shape_class is not None:
                environment.shape_class.runner = environment.runner
        return None

    def _is_running(self) -> bool:
        runner = self._environment.runner
        return runner is not None and runner.state in (STATE_RUNNING, STATE_SPAWNING)

    def _set_parameters(self, parameters: dict[str, Any]) -> Answer | None:
        options = self._environment.parsed_options
        known = vars(options) if options is not None else {}
        for name, value in parameters.items():
            if name not in known:
                return refusal(400, "invalid", f"there is no parameter `{name}`", name)
            if value == UNCHANGED_SECRET:
                continue
            try:
                known[name] = convert(known[name], value)
            except ValueError as error:
                return refusal(400, "invalid", str(error), name)
        return None

    def _set_timer(self, seconds: float | None) -> None:
        if self._stop_timer is not None:
            self._stop_timer.kill(block=False)
            self._stop_timer = None
        if seconds:
            self._stop_timer = gevent.spawn_later(seconds, self._on_time_is_up)

    def _on_time_is_up(self) -> None:
        self._stop_timer = None
        runner = self._environment.runner
        if runner is not None:
            logger.info("--run-time limit reached, stopping test")
            runner.ends_because("the run time is over")
            self._page.runs.ended("finished", None)
            runner.stop()

    def _begin_stop(self, by: str | None, address: str) -> None:
        self._set_timer(None)
        runner = self._environment.runner
        if runner is not None and self._is_running():
            logger.info("%s stops the run", _who(by, address))
            runner.ends_because(f"stopped by {by or address}")
            self._page.runs.ended("stopped", by)

    def _tell_of_start(
        self, by: str | None, address: str, public: list[dict[str, Any]], load: str
    ) -> None:
        host = self._environment.host or "the hosts of the user classes"
        logger.info("%s starts a run: %s against %s", _who(by, address), load, host)
        for check in public:
            addresses = ", ".join(check["addresses"])
            logger.warning("Load goes to %s (%s), a public host.", check["host"], addresses)


def _who(by: str | None, address: str) -> str:
    return f"{by} at {address}" if by else address
