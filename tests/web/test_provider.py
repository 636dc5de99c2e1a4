"""A sign-in provider over TLS: whose certificate is believed, and where people are led."""

import http.client
import json
import ssl
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli.command import wait_for
from tests.http.certificates import make_certificates
from tests.web.page import LIMIT_SECONDS, PLAIN, Page, serve


class Provider(BaseHTTPRequestHandler):
    """Says where it is, and nothing else."""

    def do_GET(self) -> None:
        issuer = f"https://{self.headers['Host']}"
        document = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/auth?tenant=1",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
        }
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the test says what is wrong."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    return folder


@pytest.fixture
def issuer(certificates: Path) -> Iterator[str]:
    """A provider at `localhost`, whose certificate an authority of the tests has signed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "good.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def led_to(page: Page, path: str) -> str:
    """Where the page leads whoever asks for `path`."""
    call = http.client.HTTPConnection(urllib.parse.urlsplit(page.url).netloc, timeout=LIMIT_SECONDS)
    call.request("GET", path)
    answer = call.getresponse()
    call.close()
    assert answer.status == 303
    return str(answer.headers["Location"])


def test_a_provider_is_believed_by_the_certificates_of_the_machine(
    tmp_path: Path, certificates: Path, issuer: str
) -> None:
    (tmp_path / "locustfile.py").write_text(PLAIN)
    options = ("--oidc-issuer", issuer, "--oidc-client-id", "us", "--oidc-viewers", "@a.example")
    outside = ("--web-external-url", "https://load.example")
    known = {"SSL_CERT_FILE": str(certificates / "ca.pem")}
    with serve(tmp_path, *options, *outside, variables=known) as page:
        to = led_to(page, "/login/oidc?next=/runs")
        assert to.startswith(f"{issuer}/auth?tenant=1&response_type=code&client_id=us&")
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(to).query)
        assert asked["redirect_uri"] == ["https://load.example/login/oidc/callback"]
        assert asked["scope"] == ["openid email profile"]
    with serve(tmp_path, *options) as page:
        assert led_to(page, "/login/oidc") == "/login?next=%2F&problem=unavailable"
        wait_for(page.process, "invalid peer certificate")
