"""The providers that need no cloud: archive, external, http, local, random, tls."""

from __future__ import annotations

import base64
import datetime
import fnmatch
import hashlib
import ipaddress
import json
import os
import secrets
import subprocess
import zipfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from .kinds import DATA, RESOURCES, Context, Resource, State

PEM = serialization.Encoding.PEM


def archive(given: State, context: Context) -> State:
    out, source = Path(given["output_path"]), Path(given["source_dir"])
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w") as packed:
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            name = str(path.relative_to(source))
            if not any(leaves_out(each, name) for each in given["excludes"] or []):
                packed.writestr(zipfile.ZipInfo(name), path.read_bytes())
    content = out.read_bytes()
    return {
        "id": hashlib.sha1(content).hexdigest(),
        "output_md5": hashlib.md5(content).hexdigest(),
        "output_sha256": hashlib.sha256(content).hexdigest(),
        "output_size": len(content),
    }


def leaves_out(pattern: str, name: str) -> bool:
    """`**/` also means no folder at all, as in the provider's own patterns."""
    return fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(name, pattern.removeprefix("**/"))


def external(given: State, context: Context) -> State:
    done = subprocess.run(
        given["program"],
        input=json.dumps(given["query"] or {}),
        cwd=given["working_dir"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the data source's program failed: {done.stderr.strip()}")
    return {"id": "-", "result": json.loads(done.stdout)}


def http(given: State, context: Context) -> State:
    """Nobody is asked: the answer of the caller's address is that of a documentation network."""
    body = os.environ.get("STANDIN_CALLER", "203.0.113.7") + "\n"
    return {"id": given["url"], "status_code": 200, "response_body": body}


def create_file(state: State, context: Context) -> State:
    content = base64.b64decode(state["content_base64"], validate=True)
    path = Path(state["filename"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return {"id": digest, "content_sha256": digest}


def create_id(state: State, context: Context) -> State:
    value = secrets.token_bytes(int(state["byte_length"]))
    return {"id": value.hex(), "hex": value.hex()}


def create_password(state: State, context: Context) -> State:
    assert state["special"] is False, "only letters and digits are made here"
    letters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return {
        "id": "none",
        "result": "".join(secrets.choice(letters) for _ in range(int(state["length"]))),
    }


def create_key(state: State, context: Context) -> State:
    if state["algorithm"] == "RSA":
        # Small, since the tests make many.
        key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = rsa.generate_private_key(65537, 2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    plain = serialization.NoEncryption()
    formats = serialization.PublicFormat
    return {
        "id": secrets.token_hex(8),
        "private_key_pem": key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, plain
        ).decode(),
        "public_key_openssh": public.public_bytes(
            serialization.Encoding.OpenSSH, formats.OpenSSH
        ).decode()
        + "\n",
        "public_key_pem": public.public_bytes(PEM, formats.SubjectPublicKeyInfo).decode(),
    }


def create_certificate(state: State, context: Context) -> State:
    key = serialization.load_pem_private_key(state["private_key_pem"].encode(), None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, state["subject"][0]["common_name"])])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.DNSName(each) for each in state["dns_names"] or []]
    names += [x509.IPAddress(ipaddress.ip_address(each)) for each in state["ip_addresses"] or []]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=int(state["validity_period_hours"])))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    return {"id": secrets.token_hex(8), "cert_pem": certificate.public_bytes(PEM).decode()}


def remove_file(state: State, context: Context) -> None:
    Path(state["filename"]).unlink(missing_ok=True)


DATA.update({"archive_file": archive, "external": external, "http": http})
RESOURCES.update(
    {
        "local_file": Resource(
            create_file, remove_file, is_there=lambda state, _: Path(state["filename"]).exists()
        ),
        "random_id": Resource(create_id),
        "random_password": Resource(create_password),
        "tls_private_key": Resource(create_key),
        "tls_self_signed_cert": Resource(create_certificate),
    }
)
