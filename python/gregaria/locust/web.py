"""The web page: `environment.web_ui`.

The page is served by threads in Rust that never take Python's lock. Once a second this side shows
them how it is; what viewers want to be done is taken by one greenlet here, in turn.
"""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import gevent
from greenlet import getcurrent

from gregaria._choices import Choices
from gregaria._hub import hub
from gregaria._native import MasterNode, RunStore, WebServer

from ._flask import make_app
from ._page_access import Access
from ._page_log import PageLog
from ._page_orders import Answer, PageOrders
from ._page_view import RunBook, form_of, status_of
from .log import greenlet_exception_logger

if TYPE_CHECKING:
    from .env import Environment
    from .stats import StatsCSV

logger = logging.getLogger("locust.web")

#: Seconds between two views.
PUBLISH_INTERVAL = 1.0

#: Locust's: whether the form wants a host.
HOST_IS_REQUIRED = False

_log_death = greenlet_exception_logger(logger)


class WebUI:
    """Serves the page of an environment. Made by `Environment.create_web_ui`."""

    def __init__(
        self,
        environment: Environment,
        host: str,
        port: int,
        web_base_path: str | None = None,
        web_login: bool = False,
        tls_cert: str | None = None,
        tls_key: str | None = None,
        stats_csv_writer: StatsCSV | None = None,
        delayed_start: bool = False,
        userclass_picker_is_active: bool = False,
        build_path: str | None = None,
    ) -> None:
        if build_path:
            raise ValueError("build_path is not supported: gregaria has its own page")
        if bool(tls_cert) != bool(tls_key):
            raise ValueError("TLS needs both: a certificate and its key")
        self.environment = environment
        self.host = host
        self.port = port
        self.web_base_path = _base_path(web_base_path)
        self.web_login = web_login
        self.tls_cert = tls_cert or None
        self.tls_key = tls_key or None
        self.stats_csv_writer = stats_csv_writer
        self.userclass_picker_is_active = userclass_picker_is_active
        self.template_args: dict[str, Any] = {}
        """What a locustfile adds for Locust's page. Kept, and shown by nobody."""
        self.auth_args: dict[str, Any] = {}
        """What a locustfile adds for Locust's sign-in. Kept, and used by nobody."""
        self.greenlet: gevent.Greenlet[..., Any] | None = None
        """The greenlet that does what viewers want; `greenlet.join()` waits for `stop`."""
        self.access: Access | None = None
        """Who may sign in; known from `start` on."""
        self.server: WebServer | None = None
        """What serves; there from `start` on."""
        self.test_error: dict[str, str] | None = None
        """Why there is no test to run, where the page is served without one."""
        self.on_reload: Callable[[], None] | None = None
        """Begins the process anew with the files of the test as they are; `None` where it was not
        started by the command."""
        self.choices: Choices | None = None
        """Files that can be chosen as the test; `None` where one is loaded."""
        self._app: Any = None
        self.runs = RunBook(environment)
        self.store: tuple[str, RunStore, str | None, bool] | None = None
        """The file of runs, its store, why it is a temporary one, and whether it is."""
        self._orders = PageOrders(self)
        for event in ("test_start", "spawning_complete", "test_stopping", "test_stop"):
            getattr(environment.events, event).add_listener(self._publish_soon)
        self._log = PageLog()
        self._publisher: gevent.Greenlet[..., Any] | None = None
        if not delayed_start:
            self.start()

    @property
    def app(self) -> Any:
        """A Flask app for what a locustfile adds: it answers paths that the page does not know, to
        those who may see the page. Made when it is asked for; needs Flask."""
        if self._app is None:
            self._app = make_app()
            self.publish_form()
        return self._app

    @property
    def has_own_pages(self) -> bool:
        """Whether a locustfile has asked for the app."""
        return self._app is not None

    @property
    def login_manager(self) -> NoReturn:
        """Locust's sign-in by Flask. This page signs people in by itself."""
        raise AttributeError(
            "gregaria signs in by itself, without Flask: see --web-login and --web-users"
        )

    def auth_required_if_enabled(self, view_func: Callable[..., Any]) -> Callable[..., Any]:
        """Returns the function as it is: every request has passed the sign-in already."""
        return view_func

    def update_template_args(self) -> None:
        """Does nothing: the page asks for what it shows."""

    def start(self) -> None:
        """Begins to serve. Raises `OSError` if the address cannot be had."""
        if self.server is not None:
            return
        self.access = Access.of(self.environment.parsed_options, self.host, self.web_login)
        self.server = WebServer(
            hub().engine,
            {
                "host": self.host,
                "port": self.port,
                "base_path": self.web_base_path,
                "tls_cert": self.tls_cert,
                "tls_key": self.tls_key,
                "store": self.store,
                **self.access.settings(),
            },
        )
        self._log.begin(self._source())
        self.publish_form()
        self.publish()
        self.greenlet = gevent.spawn(self._carry_out_orders)
        self.greenlet.link_exception(_log_death)
        self._publisher = gevent.spawn(self._publish_for_ever)
        self._publisher.link_exception(_log_death)

    def stop(self) -> None:
        """Tells viewers goodbye and serves no longer."""
        if self.server is None:
            return
        self._log.end()
        for greenlet in (self._publisher, self.greenlet):
            if greenlet is not None and greenlet is not getcurrent():
                greenlet.kill(block=False)
        self.server.stop()
        self.server = None

    def address(self) -> str:
        """The address of the page, as a person opens it."""
        assert self.server is not None, "the page is being served"
        scheme = "https" if self.tls_cert else "http"
        host = self.server.host()
        if host in ("0.0.0.0", "::"):
            host = "localhost"
        elif ":" in host:
            host = f"[{host}]"
        return f"{scheme}://{host}:{self.server.port()}{self.web_base_path}"

    def begin(self, users: int, spawn_rate: float, run_time: int | None) -> None:
        """Starts a run as the command line wants it; returns at once."""
        self._orders.begin(users, spawn_rate, run_time)

    def publish(self) -> None:
        """Shows how it is now."""
        if self.server is None:
            return
        environment = self.environment
        self._log.deliver(self.server, environment.worker_logs)
        node = getattr(environment.runner, "_node", None)
        self.server.publish(
            environment.stats.native,
            json.dumps({**status_of(environment, self.runs), "test_error": self.test_error}),
            node if isinstance(node, MasterNode) else None,
        )

    def _publish_soon(self, **_: Any) -> None:
        """Shows what has just happened without waiting for the next second."""
        if self.server is not None:
            gevent.spawn(self.publish).link_exception(_log_death)

    def publish_form(self) -> None:
        """Shows what can be started now."""
        if self.server is not None:
            self.server.publish_form(json.dumps(form_of(self)))

    def _source(self) -> str:
        node = getattr(self.environment.runner, "_node", None)
        return "master" if isinstance(node, MasterNode) else "local"

    def _publish_for_ever(self) -> NoReturn:
        due = time.monotonic()
        while True:
            due = max(due + PUBLISH_INTERVAL, time.monotonic())
            gevent.sleep(due - time.monotonic())
            self.publish()

    def _carry_out_orders(self) -> NoReturn:
        engine_hub = hub()
        while True:
            server = self.server
            if server is None:
                raise gevent.GreenletExit
            order = server.take()
            if order is None:
                engine_hub.wait(server.wait(getcurrent()))
                continue
            number, name, arguments = order
            self._carry_out(number, name, json.loads(arguments))

    def _carry_out(self, number: int, name: str, arguments: dict[str, Any]) -> None:
        def answer(reply: Answer) -> None:
            if name != "own_page":
                self.publish()
            if self.server is not None:
                self.server.answer(number, reply.status, json.dumps(reply.body))

        try:
            self._orders.carry_out(name, arguments, answer)
        except Exception as error:
            logger.error("Uncaught exception in %s:\n%s", name, traceback.format_exc())
            answer(Answer(500, {"code": "failed", "message": str(error), "field": None}))


def _base_path(path: str | None) -> str:
    path = (path or "").rstrip("/")
    if path and not path.startswith("/"):
        raise ValueError("the base path of the page has to begin with /")
    return path
