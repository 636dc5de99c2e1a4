"""The first words of the command line, `--version` and `--help`.

They are answered before gevent or anything else of size is imported.
"""

from __future__ import annotations

import os
import sys

#: Columns of the help text on anything but a narrow terminal.
HELP_COLUMNS = 100


def main() -> None:
    """Answers, or hands over to the story of a run."""
    arguments = sys.argv[1:]
    first = arguments[0] if arguments else ""
    if first == "demo":
        from gregaria.demo import main as demo

        sys.exit(demo(arguments[1:]))
    if first == "token":
        from gregaria.token import main as token

        sys.exit(token(arguments[1:]))
    if first == "report":
        from gregaria.report import main as report

        sys.exit(report(arguments[1:]))
    if first == "cloud":
        from gregaria.cloud.command import main as cloud

        sys.exit(cloud(arguments[1:]))

    from gregaria import _native

    match _answer(arguments):
        case "version":
            folder = os.path.dirname(os.path.abspath(__file__))
            python = ".".join(str(part) for part in sys.version_info[:3])
            sys.stdout.write(f"gregaria {_native.VERSION} from {folder} (Python {python})\n")
        case "help":
            sys.stdout.write(_native.command_line_help(_columns()))
        case _:
            _run(arguments)


def _answer(arguments: list[str]) -> str | None:
    from gregaria import _native

    try:
        return _native.command_line_answer(arguments)
    except UnicodeError:
        # What cannot be read as text is told when the options are.
        return None


def _columns() -> int:
    given = os.environ.get("COLUMNS", "")
    try:
        columns = int(given) if given else os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        columns = HELP_COLUMNS
    return min(columns, HELP_COLUMNS)


def _run(arguments: list[str]) -> None:
    import signal

    from gregaria import arguments as options
    from gregaria import processes

    look = options.look(arguments)
    workers, arguments = processes.start(arguments)
    if workers is not None and workers.is_all:
        sys.exit(workers.wait())

    # Until the run has its own idea of it, Ctrl-C ends the process without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from gregaria._restart import Again, begin_anew
    from gregaria.main import run

    again = None
    code = None
    try:
        code = run(arguments, look, workers.voices if workers is not None else None)
    except Again as error:
        again = error
    finally:
        if workers is not None:
            workers.end()
    if again is not None:
        begin_anew(again.locustfile)
    sys.exit(code)


if __name__ == "__main__":
    main()
