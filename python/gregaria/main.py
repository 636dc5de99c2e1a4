"""The story of one run: options, locustfile, environment, runner, exit code."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys

from gevent.socket import wait_read

from gregaria import (
    _native,
    _restart,
    arguments,
    descriptors,
    ending,
    limits,
    loader,
    nodes,
    page,
    selection,
    waiting,
)
from gregaria._background import spawn
from gregaria._keys import Keys
from gregaria._refusal import Refusal, reason
from gregaria._voices import Voices
from gregaria.locust import __version__ as locust_version
from gregaria.locust import events
from gregaria.locust.argument_parser import get_parser
from gregaria.locust.env import Environment
from gregaria.locust.log import setup_logging
from gregaria.locust.main import create_environment
from gregaria.locust.runners import Runner, WorkerRunner
from gregaria.locust.stats import validate_stats_configuration
from gregaria.locust.user.inspectuser import print_task_ratio, print_task_ratio_json
from gregaria.output import Output

logger = logging.getLogger("locust.main")

#: What Python starts with: objects made before the collector looks at the young ones.
PYTHONS_GC_THRESHOLD = (700, 10, 10)
GC_THRESHOLD = 50_000

#: Below the headings of `--show-task-ratio`.
RULER = 80 * "-"


def run(words: list[str], look: arguments.Look, voices: Voices | None = None) -> int:
    """Runs what the command line asks for and returns the exit code of the process.

    `voices` is what workers of this machine write, if that has to be passed on.
    """
    loader.prepare()
    if voices is not None:
        spawn(_pass_on, voices)
    files: loader.TestFiles | None = None
    try:
        files = loader.obtain(look)
        files.enter()
        loaded = loader.load(files.paths)
    except loader.LoadError as error:
        kind = "missing" if files is None else "broken"
        code = None if _restart.is_second_life() else _wait_for_test(words, kind, error)
        if code is not None:
            return code
        sys.stderr.write(f"{error}\n")
        if _restart.is_second_life():
            _restart.wait_for_another(look, files)
        return 1
    files.leave()
    options = arguments.parse(get_parser(), words)
    try:
        _set_up_logging(options)
        validate_stats_configuration()
        logger.info("Starting Locust %s (gregaria %s)", locust_version, _native.VERSION)
        try:
            return _run(options, loaded, files)
        except selection.NoUserClass as error:
            code = _wait_for_test(words, "broken", error)
            if code is None:
                raise
            return code
    except Refusal as refusal:
        logger.error("%s", refusal)
        return refusal.exit_code


def _wait_for_test(words: list[str], kind: str, error: Exception) -> int | None:
    """Serves a page that tells what is the matter with the test; `None` if nobody wants a page."""
    options = waiting.options_of(words)
    if not waiting.is_wanted(options):
        return None
    _set_up_logging(options)
    try:
        return waiting.serve(options, kind, error)
    except Refusal as refusal:
        logger.error("%s", refusal)
        return refusal.exit_code


def _run(options: argparse.Namespace, loaded: loader.Locustfiles, files: loader.TestFiles) -> int:
    if options.list_commands:
        names = "".join(f"    {name}\n" for name in loaded.user_classes)
        sys.stdout.write(f"Available Users:\n{names}")
        return 0
    classes = selection.chosen(loaded.user_classes, options.user_classes)
    environment = create_environment(
        classes,
        options,
        events=events,
        shape_class=next(iter(loaded.shape_classes.values()), None),
        locustfile=",".join(os.path.basename(path) for path in loaded.paths),
        parsed_locustfiles=loaded.paths,
        available_user_classes=loaded.user_classes,
        available_shape_classes=loaded.shape_classes,
        available_user_tasks={name: list(each.tasks) for name, each in loaded.user_classes.items()},
    )
    selection.configure(environment, options)
    if options.show_task_ratio or options.show_task_ratio_json:
        _show_task_ratio(environment, options)
        return 0
    # Locust shows the ratio of tasks as it would be with the weights of the locustfile.
    if options.equal_weights:
        environment.assign_equal_weights()
    plan = limits.plan_of(options)
    descriptors.raise_limit(plan.users + plan.workers)
    limits.tell(options)
    environment.bundle = files.bundle
    return _swarm(environment, options, files)


def _swarm(environment: Environment, options: argparse.Namespace, files: loader.TestFiles) -> int:
    """Starts the users, waits for the end and returns the exit code."""
    nodes.read_invitation(options)
    files.enter()
    runner = nodes.make_runner(environment, options)
    output = Output(environment, options)
    end = ending.End(runner)
    has_page = not (options.headless or nodes.is_worker(runner))
    web_ui = page.make(environment, options, output.keeper, output.csv) if has_page else None
    environment.events.init.fire(environment=environment, runner=runner, web_ui=web_ui)
    ending.refuse_after_errors()
    if web_ui is not None:
        web_ui.on_reload = end.begin_anew
        page.serve(web_ui)
    elif not nodes.is_worker(runner):
        page.warn_of_public_host(environment)
        _log_plan(options)
    output.start()
    _spare_garbage_collection()
    keys = Keys(environment, end, output.show)
    keys.listen()
    try:
        if web_ui is not None:
            page.autostart(web_ui, options, end)
        else:
            nodes.wait_for_workers(runner, options)
            if not nodes.is_worker(runner):
                _start(environment, runner, options)
            end.after(options.run_time)
        end.wait()
    finally:
        keys.stop()
    if web_ui is not None and end.is_anew and not end.is_asked_for:
        ending.leave(environment, output)
        page.leave(web_ui)
        files.leave()
        raise _restart.Again
    code = ending.shut_down(environment, output)
    if web_ui is not None:
        web_ui.stop()
    if isinstance(runner, WorkerRunner) and runner.is_outdated and not end.is_asked_for:
        _restart.restart(files, runner.client_id)
    return code


def _start(environment: Environment, runner: Runner, options: argparse.Namespace) -> None:
    if environment.shape_class is not None:
        runner.start_shape()
    else:
        runner.start(_or_one(options.num_users), options.spawn_rate or 1)


def _spare_garbage_collection() -> None:
    """Lets the garbage collector look less often, and not at what the imports have left.

    A request makes a handful of objects and drops them again, which the collector takes for a
    reason to look at every user: 5 % of the time of a run. A locustfile that has set a threshold
    of its own keeps it.
    """
    if gc.get_threshold() == PYTHONS_GC_THRESHOLD:
        gc.collect()
        gc.freeze()
        gc.set_threshold(GC_THRESHOLD, *PYTHONS_GC_THRESHOLD[1:])


def _or_one(user_count: int | None) -> int:
    return 1 if user_count is None else user_count


def _log_plan(options: argparse.Namespace) -> None:
    if options.run_time:
        logger.info("Run time limit set to %s seconds", options.run_time)
    else:
        logger.info("No run time limit set, use CTRL+C to interrupt")


def _show_task_ratio(environment: Environment, options: argparse.Namespace) -> None:
    classes = environment.user_classes
    if options.show_task_ratio:
        sys.stdout.write("\n Task ratio per User class\n")
        sys.stdout.write(f"{RULER}\n")
        print_task_ratio(classes, options.num_users, total=False)
        sys.stdout.write("\n Total task ratio\n")
        sys.stdout.write(f"{RULER}\n")
        print_task_ratio(classes, options.num_users, total=True)
    else:
        print_task_ratio_json(classes, options.num_users)


def _pass_on(voices: Voices) -> None:
    while voices.pass_on():
        wait_read(voices.reading)


def _set_up_logging(options: argparse.Namespace) -> None:
    if options.skip_log_setup:
        return
    try:
        if options.logfile:
            os.makedirs(os.path.dirname(options.logfile) or ".", exist_ok=True)
            with open(options.logfile, "a", encoding="utf-8"):
                pass
    except OSError as error:
        sys.stderr.write(f"cannot write log file `{options.logfile}`: {reason(error)}\n")
        sys.exit(1)
    setup_logging(options.loglevel, options.logfile)
