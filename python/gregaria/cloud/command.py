"""The words after `gregaria cloud`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from gregaria.cloud import credentials, folder
from gregaria.cloud.console import Console
from gregaria.cloud.down import down
from gregaria.cloud.push import push
from gregaria.cloud.status import status
from gregaria.cloud.terraform import Terraform
from gregaria.cloud.trouble import INTERRUPTED, Trouble
from gregaria.cloud.up import up

ABOUT = """\
A cluster on AWS, by Terraform in a folder that is yours to edit and to commit:

  gregaria cloud init my-test     makes the folder
  gregaria cloud up               makes the cluster, after it has shown the cost and asked
  gregaria cloud status           shows nodes, cost and end
  gregaria cloud push             sends a changed test
  gregaria cloud down             fetches the results, removes everything, looks for what is left

Everything ends by itself after some hours, whatever becomes of this machine.
"""

CODES = """\
Exit codes: 0 all is well, 1 it went wrong on the way or something is left, 2 nothing was changed,
3 the cluster is up and workers are missing, 130 it was interrupted.
"""

LEFT_ALONE = (
    "interrupted. What is up stays up until its end: see `gregaria cloud status`, or remove it "
    "with `gregaria cloud down`"
)

#: Seconds that nodes get to boot and join.
DEADLINE = 600.0

#: Seconds that machines which were told to end may still be seen.
PATIENCE = 300.0


def parser() -> argparse.ArgumentParser:
    """The grammar of it."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--folder", type=Path, default=Path(), help="of the cluster [default: .]")
    shared.add_argument("--json", action="store_true", help="one JSON document on standard output")
    changes = argparse.ArgumentParser(add_help=False)
    changes.add_argument("--yes", action="store_true", help="ask nothing")
    changes.add_argument(
        "--var",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a variable of the stack, such as worker_count=4 or lease=2; `up` keeps it",
    )
    asks_page = argparse.ArgumentParser(add_help=False)
    asks_page.add_argument(
        "--page", metavar="URL", help="where the page is reached, if by a tunnel"
    )

    top = argparse.ArgumentParser(
        prog="gregaria cloud",
        description=ABOUT,
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words = top.add_subparsers(dest="word", metavar="COMMAND", required=True)
    init = words.add_parser("init", help="make the folder of a cluster")
    init.add_argument("new", metavar="FOLDER", type=Path)
    init.add_argument(
        "--package", type=Path, help="wheel for the nodes [default: that of this installation]"
    )
    init.add_argument("--json", action="store_true", help="one JSON document on standard output")
    ups = words.add_parser("up", parents=[shared, changes, asks_page], help="make the cluster")
    ups.add_argument("--quorum", type=int, metavar="N", help="workers that are enough")
    ups.add_argument(
        "--deadline",
        type=float,
        metavar="SECONDS",
        default=DEADLINE,
        help="how long nodes may take to boot and join [default: 600]",
    )
    ups.add_argument("--no-open", action="store_true", help="do not open the page in a browser")
    words.add_parser("status", parents=[shared, asks_page], help="show nodes, cost and end")
    words.add_parser("push", parents=[shared, asks_page], help="send a changed test")
    downs = words.add_parser("down", parents=[shared, changes, asks_page], help="remove everything")
    downs.add_argument(
        "--deadline",
        type=float,
        metavar="SECONDS",
        default=PATIENCE,
        help="how long machines may take to be gone [default: 300]",
    )
    downs.add_argument("--without-results", action="store_true", help="do not fetch the results")
    downs.add_argument(
        "--results", type=Path, metavar="FOLDER", help="where they go [default: results/ in it]"
    )
    return top


def main(arguments: Sequence[str]) -> int:
    """Carries out a command; returns the exit code."""
    options = parser().parse_args(arguments)
    console = Console(options.json)
    try:
        return console.end(_carry_out(options, console))
    except Trouble as trouble:
        return console.end(trouble.exit_code, str(trouble))
    except KeyboardInterrupt:
        return console.end(INTERRUPTED, LEFT_ALONE)


def _carry_out(options: argparse.Namespace, console: Console) -> int:
    if options.word == "init":
        return _init(options, console)
    folder.require(options.folder)
    terraform = Terraform.find(options.folder)
    credentials.find()
    if options.word == "status":
        return status(terraform, console, options.page)
    if options.word == "push":
        return push(terraform, console, options.page)
    words = [word for each in options.var for word in ("-var", each)]
    if options.word == "down":
        return down(
            terraform,
            console,
            words=words,
            is_yes=options.yes,
            deadline=options.deadline,
            with_results=not options.without_results,
            folder=options.results or options.folder / "results",
            page_url=options.page,
        )
    return up(
        terraform,
        console,
        words=words,
        is_yes=options.yes,
        quorum=options.quorum,
        deadline=options.deadline,
        page_url=options.page,
        opens_page=not options.no_open,
    )


def _init(options: argparse.Namespace, console: Console) -> int:
    wheel = folder.make(options.new, options.package)
    console.note(folder=str(options.new), package=str(wheel))
    console.say(f"{options.new} is yours to edit and to commit:")
    console.say("  locust/locustfile.py   what a user does")
    console.say("  main.tf                number and size of the servers, and the hosts to load")
    console.say(f"Then: cd {options.new} && gregaria cloud up")
    return 0
