"""Credentials are found wherever AWS's SDK finds them, each service played on this machine."""

import hashlib
import http.server
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from gregaria.cloud import credentials
from gregaria.cloud.trouble import NOT_BEGUN, Trouble

END = "2099-01-01T00:00:00Z"

KEYS = {"AccessKeyId": "of service", "SecretAccessKey": "s", "Expiration": END}


class Services(http.server.BaseHTTPRequestHandler):
    """The metadata of an instance, the agent of a container, the sign-in and the roles."""

    def do_PUT(self) -> None:
        is_asked = self.path == "/latest/api/token"
        self._answer("t0k3n" if is_asked else None)

    def do_GET(self) -> None:
        roles = "/latest/meta-data/iam/security-credentials/"
        answers = {
            roles: ("X-aws-ec2-metadata-token", "t0k3n", "role"),
            roles + "role": ("X-aws-ec2-metadata-token", "t0k3n", json.dumps(KEYS)),
            "/task": ("Authorization", "agent", json.dumps(KEYS)),
            "/federation/credentials?role_name=tester&account_id=123": (
                "x-amz-sso_bearer_token",
                "signed in",
                json.dumps(
                    {
                        "roleCredentials": {
                            "accessKeyId": "of service",
                            "secretAccessKey": "s",
                            "sessionToken": "t",
                            "expiration": 4070908800000,
                        }
                    }
                ),
            ),
        }
        name, value, text = answers.get(self.path, ("", "", ""))
        self._answer(text if name and self.headers[name] == value else None)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        (action,) = form["Action"]
        is_known = form["RoleArn"] == ["arn:role"]
        if action == "AssumeRoleWithWebIdentity":
            is_known = is_known and form["WebIdentityToken"] == ["issued"]
        else:
            is_known = is_known and "Credential=of file/" in self.headers["Authorization"]
        told = "".join(f"<{name}>{value}</{name}>" for name, value in KEYS.items())
        self._answer(f'<a xmlns="x"><b>{told}</b></a>' if is_known else None)

    def _answer(self, text: str | None) -> None:
        self.send_response(403 if text is None else 200)
        self.send_header("Content-Length", str(len(text or "")))
        self.end_headers()
        self.wfile.write((text or "").encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def services() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Services)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without credentials, on a machine that nobody gives any."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9")
    (tmp_path / ".aws").mkdir()
    return tmp_path


def profile(home: Path, text: str, file: str = "config") -> None:
    (home / ".aws" / file).write_text(text)


def test_without_any_it_is_said_how_to_give_them() -> None:
    with pytest.raises(Trouble, match="there are no credentials for AWS: set") as found:
        credentials.find()
    assert found.value.exit_code == NOT_BEGUN


def test_keys_of_the_environment_come_first(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    profile(home, "[default]\naws_access_key_id = a\naws_secret_access_key = b\n", "credentials")
    assert credentials.find().access_key == "a"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t")
    assert (credentials.find().access_key, credentials.find().token) == ("own", "t")


def test_the_role_of_an_instance(services: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", services)
    assert credentials.find().access_key == "of service"
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(Trouble, match="no credentials"):
        credentials.find()


@pytest.mark.parametrize("by_file", [True, False])
def test_the_role_of_a_container(
    by_file: bool, services: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{services}/task")
    if by_file:
        (home / "token").write_text("agent\n")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(home / "token"))
    else:
        with pytest.raises(Trouble, match="credentials of this container cannot be had"):
            credentials.find()
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "agent")
    assert credentials.find().access_key == "of service"


def test_a_container_is_not_asked_far_away_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://elsewhere.invalid/task")
    with pytest.raises(Trouble, match=r"names elsewhere\.invalid without TLS"):
        credentials.find()


def test_a_token_that_somebody_has_issued(
    services: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    (home / "token").write_text("issued\n")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", services)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(home / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:role")
    assert credentials.find().access_key == "of service"
    assert credentials.find().expires_at > 4e9
    (home / "token").write_text("another")
    with pytest.raises(Trouble, match="gives no credentials for arn:role"):
        credentials.find()


def test_a_program_that_knows_them(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    told = json.dumps({**KEYS, "Version": 1, "SessionToken": "t"})
    profile(home, f"[profile work]\ncredential_process = echo '{told}'\n")
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert (credentials.find().access_key, credentials.find().token) == ("of service", "t")
    profile(home, "[profile work]\ncredential_process = echo no key >&2; exit 3\n")
    with pytest.raises(Trouble, match="the profile `work` gives no credentials: no key"):
        credentials.find()


@pytest.mark.parametrize("is_session", [True, False])
def test_a_profile_that_has_signed_in(
    is_session: bool, services: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", services)
    way = "sso_region = eu-north-1\nsso_start_url = https://d.example/start\n"
    name = "https://d.example/start"
    text = "[profile work]\nsso_account_id = 123\nsso_role_name = tester\n"
    if is_session:
        name, text = "ours", f"[sso-session ours]\n{way}{text}sso_session = ours\n"
    else:
        text += way
    profile(home, text)
    cache = home / ".aws/sso/cache" / f"{hashlib.sha1(name.encode()).hexdigest()}.json"
    with pytest.raises(Trouble, match="sign in anew: aws sso login --profile work"):
        credentials.find()
    cache.parent.mkdir(parents=True)
    cache.write_text(json.dumps({"accessToken": "signed in", "expiresAt": END}))
    assert credentials.find().access_key == "of service"
    cache.write_text(json.dumps({"accessToken": "x", "expiresAt": "2020-01-01T00:00:00Z"}))
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(Trouble, match="the sign-in of the profile `work` is over"):
        credentials.find()


def test_a_role_by_another_profile(
    services: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", services)
    monkeypatch.setenv("AWS_PROFILE", "work")
    profile(home, "[base]\naws_access_key_id = of file\naws_secret_access_key = s\n", "credentials")
    profile(home, "[profile work]\nrole_arn = arn:role\nsource_profile = base\n")
    assert credentials.find().access_key == "of service"
    profile(home, "[profile work]\nrole_arn = arn:role\nsource_profile = work\n")
    with pytest.raises(Trouble, match="leads to no credentials"):
        credentials.find()


def test_a_profile_that_is_not_there_is_named_and_one_without_keys_is_no_hindrance(
    services: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    with pytest.raises(Trouble, match=r"AWS_PROFILE is `work`, and ~/\.aws has no such profile"):
        credentials.find()
    profile(home, "[profile work]\nregion = eu-north-1\n")
    with pytest.raises(Trouble, match="there are no credentials for AWS"):
        credentials.find()
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", services)
    assert credentials.find().access_key == "of service"


def test_what_only_awss_own_program_can_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    profile(home, "[profile work]\nrole_arn = arn:role\nsource_profile = x\nmfa_serial = m\n")
    monkeypatch.setenv("AWS_PROFILE", "work")
    tool = home / "bin/aws"
    tool.parent.mkdir()
    monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
    tool.write_text(
        '#!/bin/sh\n[ "$1 $2 $6" = "configure export-credentials work" ] || exit 1\n'
        f"echo '{json.dumps(KEYS)}'\n"
    )
    tool.chmod(0o755)
    assert credentials.find().access_key == "of service"
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(Trouble, match="needs AWS's own program, and there is no `aws`"):
        credentials.find()
