"""Certificates of an authority of our own, and one that nobody has signed, made by openssl."""

import subprocess
from pathlib import Path

_NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"

#: Names of the certificates, and the names of hosts in them.
SIGNED = {
    "good": "DNS:localhost,IP:127.0.0.1",
    "nameless": "DNS:localhost",
    "elsewhere": "DNS:elsewhere.invalid",
    "client": "DNS:client.invalid",
}


def make_certificates(folder: Path) -> None:
    """Writes into `folder`: `ca.pem`; `authorities/`, a folder with it as OpenSSL wants it; and
    for each name of `SIGNED` and for `unsigned` a certificate and its key in one file."""
    _openssl(folder, f"req -x509 {_NEW_KEY} -days 2 -subj /CN=authority -keyout ca.key -out ca.pem")
    for name, hosts in SIGNED.items():
        (folder / "names.txt").write_text(f"subjectAltName={hosts}\nbasicConstraints=CA:FALSE\n")
        _openssl(folder, f"req {_NEW_KEY} -subj /CN={name} -keyout {name}.key -out {name}.csr")
        _openssl(
            folder,
            f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
            f" -extfile names.txt -out {name}.crt",
        )
        _join(folder, name)
    _openssl(
        folder,
        f"req -x509 {_NEW_KEY} -days 2 -subj /CN=unsigned -keyout unsigned.key -out unsigned.crt"
        " -addext subjectAltName=DNS:localhost,IP:127.0.0.1",
    )
    _join(folder, "unsigned")
    authorities = folder / "authorities"
    authorities.mkdir()
    (authorities / "ca.pem").write_bytes((folder / "ca.pem").read_bytes())
    (authorities / "README").write_text("no certificate, as there is one in most such folders\n")
    _openssl(folder, "rehash authorities")


def _join(folder: Path, name: str) -> None:
    parts = [(folder / f"{name}.{kind}").read_bytes() for kind in ("crt", "key")]
    (folder / f"{name}.pem").write_bytes(b"".join(parts))


def _openssl(folder: Path, arguments: str) -> None:
    done = subprocess.run(
        ["openssl", *arguments.split()], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
