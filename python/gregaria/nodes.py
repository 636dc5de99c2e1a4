"""The node that a process is: alone, a master or a worker."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from gregaria._refusal import Refusal, reason
from gregaria.locust._joining import invitation_of
from gregaria.locust.env import Environment
from gregaria.locust.runners import LocalRunner, MasterRunner, Runner, WorkerRunner
from gregaria.processes import IS_CHILD

logger = logging.getLogger("locust.main")

#: Exit code of Locust for a node that cannot be what it shall be.
NO_SUCH_NODE = 255

#: Addresses that only this machine reaches.
LOOPBACK = ("127.0.0.1", "localhost", "::1")

#: Said where whoever reaches the port can join, read the locustfile and stop the test.
OPEN_DOOR = (
    "Workers can join on port %s without a token: anybody who reaches it can read the locustfile "
    "and end the test. Set --join-token, or --master-bind-host 127.0.0.1"
)


def read_invitation(options: argparse.Namespace) -> None:
    """Puts the line of an invitation in the place of its file: the path is relative to the folder
    in which the process was started, and the test may run in another."""
    try:
        options.invitation = invitation_of(options)
    except OSError as error:
        text = f"cannot read the invitation `{options.invitation}`: {reason(error)}"
        raise Refusal(text) from error


def make_runner(environment: Environment, options: argparse.Namespace) -> Runner:
    """The runner that the options ask for. A worker is made when its master has accepted it."""
    if options.worker and os.environ.get(IS_CHILD):
        # Of a master with --processes: the rest of the command line is the same.
        options.master = False
    if options.master and options.worker:
        raise Refusal("The --master argument cannot be combined with --worker", NO_SUCH_NODE)
    try:
        if options.master:
            return _make_master(environment, options)
        if options.worker:
            return _make_worker(environment, options)
    except ConnectionError as error:
        raise Refusal(str(error), NO_SUCH_NODE) from error
    except (OSError, ValueError) as error:
        raise Refusal(str(error)) from error
    return environment.create_local_runner()


def _make_master(environment: Environment, options: argparse.Namespace) -> LocalRunner | Runner:
    host, port = options.master_bind_host, options.master_bind_port
    runner = environment.create_master_runner(master_bind_host=host, master_bind_port=port)
    port = runner.master_bind_port
    invitation = runner.invitation("HOST" if host in ("*", "") else host)
    if invitation is not None:
        # The line holds the token: it is for the person at the terminal, and not for the log.
        logger.info("Workers join on port %s by invitation", port)
        if sys.stderr.isatty():
            sys.stderr.write(f"gregaria --worker --invitation {invitation}\n")
    elif host not in LOOPBACK:
        logger.warning(OPEN_DOOR, port)
    return runner


def _make_worker(environment: Environment, options: argparse.Namespace) -> WorkerRunner:
    # What a run shows and writes is up to its master.
    options.run_time = options.csv_prefix = options.json_file = None
    options.json = False
    return environment.create_worker_runner(options.master_host, options.master_port)


def is_worker(runner: Runner) -> bool:
    """Whether somebody else starts and ends the run."""
    return isinstance(runner, WorkerRunner)


def wait_for_workers(runner: Runner, options: argparse.Namespace) -> None:
    """Waits until the workers of a master are there."""
    if isinstance(runner, MasterRunner):
        max_wait = options.expect_workers_max_wait
        if not runner.wait_for_workers(options.expect_workers, max_wait):
            raise Refusal("Gave up waiting for workers to connect")
