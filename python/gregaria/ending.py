"""The end of a run: what brings it about, in which order things close, and the exit code."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from types import FrameType

from gevent.event import Event

from gregaria import _keys
from gregaria._background import spawn, spawn_later
from gregaria._refusal import Refusal
from gregaria.locust import log
from gregaria.locust.env import Environment
from gregaria.locust.runners import Runner, WorkerRunner
from gregaria.output import Output

logger = logging.getLogger("locust.main")

#: Exit code after an exception in a listener or in a greenlet of the runner.
UNHANDLED = 2

#: Seconds that users have to end before it is said that they are waited for.
PATIENCE = 3

#: Exit code of a master whose last worker has gone missing: the rest of the run had no load.
ALL_LOST = 1


class End:
    """Waits for what comes first: the runner is done, the time is up, or somebody stops it."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._has_come = Event()
        self.is_asked_for = False
        """Whether a person has ended the run, by a signal or by a key."""
        self.is_anew = False
        """Whether the process shall begin anew."""
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """The first signal ends the run gently; the second ends the process as it is."""
        if self.is_asked_for:
            _keys.restore()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        if number == signal.SIGTERM:
            logger.info("Got SIGTERM signal")
        self.ask(f"stopped by {signal.Signals(number).name}")

    def ask(self, reason: str) -> None:
        """Ends the run gently, since somebody wants it."""
        self.is_asked_for = True
        # What ends the run waits behind the users that are about to begin: thousands that fail
        # at their start would hold it up for as long as their tracebacks take.
        self._runner.lets_users_begin = False
        self._runner.ends_because(reason)
        self._has_come.set()

    def after(self, seconds: int | None) -> None:
        """Ends the run after this time, counted from the moment of this call; 0 is no limit."""
        if seconds:
            spawn_later(seconds, self._on_time_is_up)

    def _on_time_is_up(self) -> None:
        logger.info("--run-time limit reached, shutting down")
        self._runner.ends_because("the run time is over")
        self._runner.quit()

    def come(self) -> None:
        """Ends the run now."""
        self._has_come.set()

    def begin_anew(self) -> None:
        """Ends this life of the process: another begins with the files of the test as they are."""
        self.is_anew = True
        self._has_come.set()

    def wait(self) -> None:
        """Returns when the run has to end. The users may still be at work."""
        spawn(self._on_runner_is_done)
        try:
            self._has_come.wait()
        except KeyboardInterrupt:
            # Raised by a locustfile; the signal itself has a handler.
            return
        except SystemExit as request:
            # `sys.exit` in a task arrives here through gevent's hub.
            environment = self._runner.environment
            if request.code and environment.process_exit_code is None:
                environment.process_exit_code = request.code if isinstance(request.code, int) else 1

    def _on_runner_is_done(self) -> None:
        self._runner.greenlet.join()
        self._has_come.set()


def refuse_after_errors() -> None:
    """Ends the run if a listener has failed so far."""
    if log.unhandled_greenlet_exception:
        raise Refusal("the run is not started, since an exception was raised in a listener")


def shut_down(environment: Environment, output: Output) -> int:
    """Stops the users, shows the figures, closes the files and returns the exit code."""
    _undisturbed(lambda: environment.events.quitting.fire(environment=environment, reverse=True))
    code = exit_code(environment)
    logger.info("Shutting down (exit code %s)", code)
    _undisturbed(output.stop)
    if environment.runner is not None:
        still_waiting = spawn_later(PATIENCE, lambda: _say_what_is_awaited(environment))
        _undisturbed(environment.runner.quit)
        still_waiting.kill()
    _undisturbed(output.show_final)
    _undisturbed(lambda: environment.events.quit.fire(exit_code=code))
    _undisturbed(lambda: output.close(code))
    return code


def _say_what_is_awaited(environment: Environment) -> None:
    """Tells who sits there why the process has not ended yet. Of workers, their master tells."""
    runner = environment.runner
    if runner is None or isinstance(runner, WorkerRunner) or not runner.user_count:
        return
    logger.info(
        "Waiting for %d users to finish their tasks, --stop-timeout %g seconds at most; "
        "a second Ctrl-C ends them at once",
        runner.user_count,
        environment.stop_timeout or 0,
    )


def leave(environment: Environment, output: Output) -> None:
    """Closes the files for a process that begins anew. Workers are not told: they wait for it."""
    _undisturbed(lambda: environment.events.quitting.fire(environment=environment, reverse=True))
    _undisturbed(output.stop)
    _undisturbed(lambda: output.close(None))


def _has_failed(runner: Runner | None) -> bool:
    if runner is None or isinstance(runner, WorkerRunner):
        return False
    return bool(runner.errors or runner.exceptions)


def exit_code(environment: Environment) -> int:
    """What the locustfile says, else what happened: failures, then exceptions in listeners, then
    the loss of all workers.

    What failed on a worker, its master tells.
    """
    if environment.process_exit_code is not None:
        return environment.process_exit_code
    options = environment.parsed_options
    if options is not None and _has_failed(environment.runner):
        return options.exit_code_on_error
    if log.unhandled_greenlet_exception:
        return UNHANDLED
    return ALL_LOST if getattr(environment.runner, "has_lost_all_workers", False) else 0


def _undisturbed(action: Callable[[], object]) -> None:
    """Carries `action` out to its end, whatever the locustfile throws meanwhile.

    `sys.exit` in a user that is being stopped would otherwise reach the main greenlet, and the
    rest of the end would not take place.
    """
    greenlet = spawn(action)
    while not greenlet.ready():
        try:
            greenlet.join()
        except (SystemExit, KeyboardInterrupt):
            continue
