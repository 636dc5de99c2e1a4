"""Who is let in: by invitation alone, and without a secret that shows."""

import base64
import hashlib
import re
import signal
from pathlib import Path

import pytest

from tests.cluster.nodes import Cluster, Node

TOKEN = "gjt1-never-0123456789abcdef0123456789abcdef"
OTHER = "gjt1-never-ffffffffffffffffffffffffffffffff"


class Door:
    """A master that asks for a token, and the lines with which one gets in, or does not."""

    def __init__(self, cluster: Cluster, *words: str) -> None:
        self.cluster = cluster
        self.certificate = cluster.folder / "certificate.pem"
        self.words = words

    def open(self) -> Node:
        """Starts the master; the token comes by the environment."""
        own = ("--certificate", str(self.certificate))
        master = self.cluster.master(*own, *self.words, variables={"GREGARIA_JOIN_TOKEN": TOKEN})
        self.cluster.wait("the certificate", self.certificate.exists)
        master.wait_for("init")
        return master

    def line(self, token: str = TOKEN, fingerprint: str = "") -> str:
        """The invitation, or a wrong one."""
        fingerprint = fingerprint or fingerprint_of(self.certificate)
        return f"gregaria://127.0.0.1:{self.cluster.port}/{fingerprint}/{token}"

    def guest(self, name: str, line: str) -> Node:
        """A worker with an invitation in its environment."""
        return self.cluster.worker(name, variables={"GREGARIA_INVITATION": line})


def fingerprint_of(path: Path) -> str:
    """SHA-256 of the certificate in a file of PEM."""
    pem = re.search(r"BEGIN CERTIFICATE-+(.*?)-+END CERTIFICATE", path.read_text(), re.DOTALL)
    assert pem is not None
    return hashlib.sha256(base64.b64decode(pem[1])).hexdigest()


@pytest.fixture
def door(cluster: Cluster) -> Door:
    return Door(cluster, "-u", "4", "-r", "20", "-t", "4", "--expect-workers", "2")


def command_line(node: Node) -> str:
    return Path(f"/proc/{node.pid}/cmdline").read_text()


def test_guests_with_an_invitation_run_the_test_and_the_token_shows_nowhere(door: Door) -> None:
    master = door.open()
    invitation = door.cluster.folder / "invitation"
    invitation.write_text(door.line() + "\n")
    nodes = [
        master,
        door.guest("by-variable", door.line()),
        door.cluster.worker("by-file", "--invitation", str(invitation)),
    ]
    master.wait_for("test_start")
    assert not any(TOKEN in command_line(node) for node in nodes)
    assert [node.ends() for node in nodes] == [0, 0, 0]
    assert not any(TOKEN in node.log() for node in nodes)
    assert master.wait_for("quit")["entries"] == door.cluster.target.counts()


def test_a_file_of_tokens_opens_the_door_to_each_of_them(cluster: Cluster) -> None:
    tokens = cluster.folder / "tokens"
    tokens.write_text(f"{TOKEN}\n{OTHER}\n")
    certificate = cluster.folder / "certificate.pem"
    master = cluster.master(
        *("-u", "4", "-r", "20", "-t", "2", "--expect-workers", "2"),
        *("--join-token-file", str(tokens), "--certificate", str(certificate)),
    )
    master.wait_for("init")
    door = Door(cluster)
    guests = [door.guest("one", door.line()), door.guest("other", door.line(OTHER))]
    assert [node.ends() for node in (master, *guests)] == [0, 0, 0]
    for node in (master, *guests):
        assert TOKEN not in node.log() and OTHER not in node.log()


def with_file(cluster: Cluster, text: str, *words: str) -> tuple[Node, Door, Path]:
    """A steered master whose tokens are those of a file."""
    tokens = cluster.folder / "tokens"
    tokens.write_text(text)
    door = Door(cluster)
    master = cluster.steered(
        *("--join-token-file", str(tokens), "--certificate", str(door.certificate), *words)
    )
    master.wait_for("init")
    return master, door, tokens


def test_a_token_that_is_taken_out_of_the_file_is_revoked_without_a_restart(
    cluster: Cluster,
) -> None:
    text = f"# the first cluster\n{TOKEN}\n\n{OTHER}\n"
    master, door, tokens = with_file(cluster, text, "-u", "4", "-r", "50", "--expect-workers", "2")
    kept, revoked = door.guest("kept", door.line(OTHER)), door.guest("revoked", door.line())
    cluster.wait_for_users(4, [kept, revoked])
    tokens.write_text(f"# the first cluster\n{OTHER}\n")
    master.wait_for_text("The file of join tokens has changed: 1 hold from here on")
    master.wait_for_text("1 worker joined by a token that has been revoked, and must leave")
    assert revoked.ends() == 0
    # Its users are the others' business, as after any loss.
    cluster.wait("all users on the one that stays", lambda: kept.users() == 4)
    again = door.guest("again", door.line())
    again.wait_for_text("the join token is not valid here")
    tokens.write_text(f"{TOKEN}\n{OTHER}\n")
    master.wait_for_text("has changed: 2 hold from here on")
    cluster.wait("it is let in", lambda: again.users() == 2 == kept.users())
    cluster.tell("quit")
    assert [node.ends() for node in (master, kept, again)] == [0, 0, 0]
    assert master.wait_for("quit")["entries"] == cluster.target.counts()
    for node in cluster.nodes:
        assert TOKEN not in node.log() and OTHER not in node.log()


def test_a_worker_that_does_not_leave_when_its_token_is_revoked_is_cut_off(
    cluster: Cluster,
) -> None:
    text = f"{TOKEN}\n{OTHER}\n"
    master, door, tokens = with_file(cluster, text, "-u", "4", "-r", "50", "--expect-workers", "2")
    kept, deaf = door.guest("kept", door.line(OTHER)), door.guest("deaf", door.line())
    cluster.wait_for_users(4, [kept, deaf])
    deaf.send(signal.SIGSTOP)
    tokens.write_text(f"{OTHER}\n")
    cluster.wait("all users on the one that stays", lambda: kept.users() == 4)
    deaf.send(signal.SIGCONT)
    assert deaf.ends() == 0
    cluster.tell("quit")
    assert master.ends() == 0


@pytest.mark.parametrize(
    ("broken", "reason"),
    [("", "there is no join token in"), ("too-short\n", "a join token has 16 to 512 characters")],
)
def test_a_broken_file_of_tokens_changes_nothing_and_is_told_once(
    cluster: Cluster, broken: str, reason: str
) -> None:
    words = ("-u", "2", "-r", "50", "--expect-workers", "1")
    master, door, tokens = with_file(cluster, f"{TOKEN}\n", *words)
    guest = door.guest("guest", door.line())
    cluster.wait_for_users(2, [guest])
    tokens.write_text(broken)
    master.wait_for_text(reason)
    master.wait_for_text("The join tokens from before still hold")
    late = door.guest("late", door.line())
    cluster.wait("it is let in", lambda: late.users() == 1 == guest.users())
    # Touched, and no better.
    tokens.write_text(broken + "\n")
    tokens.write_text(f"{TOKEN}\n{OTHER}\n")
    master.wait_for_text("has changed: 2 hold from here on")
    assert master.log().count("still hold") == 1
    assert "too-short" not in master.log()
    cluster.tell("quit")
    assert [node.ends() for node in (master, guest, late)] == [0, 0, 0]


def refused(master: Node, kind: str) -> int:
    return master.last_look().get("refused", {}).get(kind, 0)


def test_strangers_are_refused_and_counted_and_the_others_not_disturbed(door: Door) -> None:
    master = door.open()
    cluster = door.cluster
    wrong_token = door.guest("wrong-token", door.line(OTHER))
    cluster.wait("a wrong token is counted", lambda: refused(master, "token") > 0)
    wrong_token.wait_for_text("the join token is not valid here")
    master.wait_for_text("at the port for workers: the join token is not valid here")
    wrong_master = door.guest("wrong-fingerprint", door.line(fingerprint="ab" * 32))
    wrong_master.wait_for_text("its certificate is not the one with the fingerprint")
    before = refused(master, "protocol") + refused(master, "broken") + refused(master, "slow")
    no_token = cluster.worker("no-token")
    cluster.wait(
        "a worker of Locust's protocol is counted",
        lambda: sum(refused(master, kind) for kind in ("protocol", "broken", "slow")) > before,
    )
    assert not master.notes("worker_connect")
    guests = [door.guest("one", door.line()), door.guest("two", door.line())]
    assert [node.ends() for node in (master, *guests)] == [0, 0, 0]
    assert master.wait_for("quit")["entries"] == cluster.target.counts()
    assert len(master.notes("worker_connect")) == 2
    for node in (master, wrong_token, wrong_master, no_token):
        assert TOKEN not in node.log() and OTHER not in node.log()


def test_a_file_without_a_token_opens_no_door(cluster: Cluster) -> None:
    empty = cluster.folder / "tokens"
    empty.write_text("\n")
    master = cluster.master("-u", "1", "--join-token-file", str(empty))
    assert master.ends() != 0
    assert "there is no join token in" in master.log()
    assert not master.notes("init")


def test_a_port_without_a_token_is_warned_of_where_others_reach_it(cluster: Cluster) -> None:
    warning = "without a token"
    words = ("-u", "1", "--expect-workers-max-wait", "1")
    beyond = cluster.master("--master-bind-host", "*", *words, name="beyond")
    assert beyond.ends() == 1
    assert warning in beyond.log()
    loopback = cluster.master(*words, name="loopback")
    assert loopback.ends() == 1
    assert warning not in loopback.log()
