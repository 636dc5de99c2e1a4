"""The first words of the command line, `--version` and `--help`.

They are answered before gevent or anything else of size is imported.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    # `typing` itself costs a tenth of what `--version` may cost.
    from typing import NoReturn

#: Columns of the help text on anything but a narrow terminal.
HELP_COLUMNS = 100

#: First words that mean a command, of which there is nothing yet.
RESERVED = ("cloud", "report")


def main() -> None:
    """Answers, or hands over to the story of a run."""
    arguments = sys.argv[1:]
    first = arguments[0] if arguments else ""
    if first == "demo":
        from gregaria.demo import main as demo

        sys.exit(demo(arguments[1:]))
    if first in RESERVED:
        sys.stderr.write(
            f"gregaria: error: not yet: there is no command `{first}` so far\n"
            f"A user class of this name can be run by an option before it: "
            f"gregaria --headless {first}\n"
        )
        sys.exit(2)

    from gregaria import _native

    match _native.command_line_answer(arguments):
        case "version":
            folder = os.path.dirname(os.path.abspath(__file__))
            python = ".".join(str(part) for part in sys.version_info[:3])
            sys.stdout.write(f"gregaria {_native.VERSION} from {folder} (Python {python})\n")
        case "help":
            sys.stdout.write(_native.command_line_help(_columns()))
        case _:
            _run(arguments)


def _columns() -> int:
    try:
        terminal = int(os.environ.get("COLUMNS", "")) if "COLUMNS" in os.environ else None
    except ValueError:
        terminal = None
    try:
        columns = terminal or os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        columns = HELP_COLUMNS
    return min(columns, HELP_COLUMNS)


def _run(arguments: list[str]) -> None:
    from gregaria import arguments as options

    locustfile = options.look(arguments)

    try:
        from gregaria.main import run

        code = run(arguments, locustfile)
    except KeyboardInterrupt:
        _die_of_ctrl_c()
    sys.exit(code)


def _die_of_ctrl_c() -> NoReturn:
    """Ends the process as if nobody had caught the signal, so that a shell sees what happened."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)
    raise SystemExit


if __name__ == "__main__":
    main()
