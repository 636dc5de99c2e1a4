"""nginx as the target: started on one core, asked for the number of requests that it answered."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import processes

TEMPLATE = Path(__file__).parent / "target" / "nginx.conf"

CERTIFICATES = """
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30
  -subj /CN=bench-ca -keyout ca.key -out ca.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost
  -keyout server.key -out server.csr
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30
  -extfile names.txt -out server.pem
"""


def small_json() -> str:
    """A product: 130 bytes."""
    product = {"id": 1, "name": "Product 1", "price": 12.5, "on_sale": True, "note": None}
    text = json.dumps(product | {"text": ""})
    return json.dumps(product | {"text": "x" * (130 - len(text))})


def large_json() -> str:
    """A list of 45 products: 2 KB."""
    items = [{"id": n, "price": n * 7 + 0.5, "name": f"product #{n:02}"} for n in range(1, 46)]
    return json.dumps({"items": items}, separators=(",", ":"))


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


class Nginx:
    """One worker on one core."""

    def __init__(self, folder: Path, core: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.ca = folder / "ca.pem"
        _make_certificates(folder)
        http, https, status = free_ports(3)
        self.http, self.https = f"http://127.0.0.1:{http}", f"https://localhost:{https}"
        self._status = f"http://127.0.0.1:{status}/status"
        text = TEMPLATE.read_text()
        for name, value in {
            "FOLDER": folder,
            "HTTP": http,
            "HTTPS": https,
            "STATUS": status,
            "JSON130": small_json(),
            "JSON2K": large_json(),
        }.items():
            text = text.replace(f"@{name}@", str(value))
        configuration = folder / "nginx.conf"
        configuration.write_text(text)
        binary = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if binary is None:
            raise FileNotFoundError("nginx is not installed")
        self._process = processes.Pinned([binary, "-c", str(configuration)], core)
        self._asked = 0
        self._wait_until_it_answers()

    def requests(self) -> int:
        """Requests answered so far, without those for this number."""
        with urllib.request.urlopen(self._status, timeout=5) as answer:
            text = answer.read().decode()
        self._asked += 1
        # The third line: accepted, handled, requests.
        return int(text.splitlines()[2].split()[2]) - self._asked

    def cpu_seconds(self) -> float:
        return processes.cpu_seconds(self._process.pid)

    def stop(self) -> None:
        self._process.end()

    def _wait_until_it_answers(self) -> None:
        limit = time.monotonic() + 10
        while True:
            try:
                self.requests()
                return
            except OSError:
                if self._process.has_ended() or time.monotonic() > limit:
                    raise RuntimeError(f"nginx did not start: {self._process.output()}") from None
                time.sleep(0.05)


def _make_certificates(folder: Path) -> None:
    """A certificate for localhost, signed by an authority of our own: both verify it in earnest."""
    (folder / "names.txt").write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n"
    )
    for command in CERTIFICATES.strip().replace("\n  ", " ").splitlines():
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
