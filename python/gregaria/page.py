"""The web page of a run from the command line: making it, serving it, starting without a click."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from gevent.event import Event

from gregaria import _native, nodes
from gregaria._background import spawn, spawn_later
from gregaria._refusal import Refusal, reason
from gregaria.ending import End
from gregaria.keeping import Keeper
from gregaria.locust._page_access import PASSWORD_VARIABLE
from gregaria.locust.env import Environment
from gregaria.locust.stats import StatsCSVFileWriter
from gregaria.locust.web import WebUI

logger = logging.getLogger("locust.main")

__all__ = ["autostart", "leave", "make", "serve", "warn_of_public_host"]

#: The port of the page in the life before, if any was good.
KEPT_PORT = "GREGARIA_KEPT_WEB_PORT"


def make(
    environment: Environment,
    options: argparse.Namespace,
    keeper: Keeper,
    csv: StatsCSVFileWriter | None = None,
) -> WebUI:
    """The page that the options ask for, with the runs that are kept; not served yet."""
    # A free port is kept by a process that begins anew.
    kept_port = os.environ.pop(KEPT_PORT, "0")
    try:
        web_ui = environment.create_web_ui(
            host=options.web_host,
            port=options.web_port or int(kept_port),
            web_base_path=options.web_base_path,
            web_login=options.web_login,
            tls_cert=options.tls_cert,
            tls_key=options.tls_key,
            stats_csv_writer=csv,
            delayed_start=True,
            userclass_picker_is_active=options.class_picker,
        )
    except ValueError as error:
        raise Refusal(str(error)) from error
    web_ui.store = keeper.for_page()
    web_ui.runs.ask_number = keeper.number
    web_ui.runs.number_from(keeper.newest())
    return web_ui


def leave(web_ui: WebUI) -> None:
    """Closes the page for a process that begins anew: it is found there again, and the generated
    password still holds."""
    access = web_ui.access
    if web_ui.server is not None:
        os.environ[KEPT_PORT] = str(web_ui.server.port())
    if access is not None and access.generated is not None:
        os.environ[PASSWORD_VARIABLE] = access.generated
    web_ui.stop()


def serve(web_ui: WebUI) -> None:
    """Serves the page and says where."""
    try:
        web_ui.start()
    except OSError as error:
        text = str(error) if error.filename is None else f"`{error.filename}`: {reason(error)}"
        raise Refusal(f"{text}\nhint: another port is taken with --web-port") from error
    except ValueError as error:
        raise Refusal(str(error)) from error
    enter = ", press enter to open your default browser." if sys.stdin.isatty() else "."
    logger.info("Starting web interface at %s%s", web_ui.address(), enter)
    access = web_ui.access
    if access is not None and access.generated is not None:
        # For the person at the terminal, and not for the log.
        sys.stderr.write(
            f"Sign in as {access.users[-1][0]} with the password {access.generated}\n"
            f"Scripts send it as `Authorization: Bearer {access.generated}`\n"
        )


def autostart(web_ui: WebUI, options: argparse.Namespace, end: End) -> None:
    """Starts a run without a click, if that was asked for, and ends the process after it."""
    if not options.autostart:
        return
    environment = web_ui.environment
    runner = environment.runner
    assert runner is not None, "a page is made after its runner"
    is_over = Event()

    def on_stop(**_: object) -> None:
        is_over.set()

    def run() -> None:
        nodes.wait_for_workers(runner, options)
        web_ui.begin(
            users=1 if options.num_users is None else options.num_users,
            spawn_rate=options.spawn_rate or 1,
            run_time=options.run_time,
        )
        if options.autoquit < 0:
            return
        is_over.wait()
        logger.info("--autoquit time reached, shutting down in %s seconds", options.autoquit)
        spawn_later(options.autoquit, end.come)

    environment.events.test_stop.add_listener(on_stop)
    spawn(run)


def warn_of_public_host(environment: Environment) -> None:
    """Names a public host that a run without a page will load. Nobody is there to be asked."""
    hosts = (
        {environment.host} if environment.host else {each.host for each in environment.user_classes}
    )
    allowed = str(getattr(environment.parsed_options, "allowed_hosts", None) or "")
    for host in sorted(str(each) for each in hosts if each):
        name, standing, addresses, message = _native.check_target(
            host, [each for each in allowed.split(",") if each], _public_addresses()
        )
        if standing == "refused":
            raise Refusal(message)
        if standing == "asks":
            logger.warning("Load goes to %s (%s), a public host.", name, ", ".join(addresses))


def _public_addresses() -> list[str]:
    return [each for each in os.environ.get("GREGARIA_TREAT_AS_PUBLIC", "").split(",") if each]
