"""What a node finds in its network: the metadata of its instance, and the emulator as all of AWS.

    python -m tests.boot.services CONFIG

CONFIG is JSON: `emulator` is the URL on this machine, `endpoint` the host by whose address nodes
reach it, `nodes` what each one's metadata say. A host is named by its namespace. Prints a line when
it serves, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import socket
import sys
from contextlib import suppress
from urllib.parse import urlsplit

TOKEN = "t0k3n"

CREDENTIALS = {
    "AccessKeyId": "test",
    "SecretAccessKey": "test",
    "Token": "session",
    "Expiration": "2099-01-01T00:00:00Z",
}

#: `CLONE_NEWNET` of Linux: a thread enters another network.
NETWORK = 0x40000000


def listen(namespace: str, address: str, port: int) -> socket.socket:
    """A socket that listens in another network, to be served from here."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(descriptor: int) -> None:
        if libc.setns(descriptor, NETWORK) != 0:
            raise OSError(ctypes.get_errno(), f"the network {namespace} cannot be entered")

    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    other = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        enter(other)
        return socket.create_server((address, port))
    finally:
        enter(own)
        os.close(own)
        os.close(other)


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copies one direction of a connection."""
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


async def relay(namespace: str, address: str, url: str) -> None:
    """Lets the emulator be reached on another host."""
    port = urlsplit(url).port

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pass_on(reader, upstream[1]), pass_on(upstream[0], writer))
        for each in (writer, upstream[1]):
            each.close()

    await asyncio.start_server(serve, sock=listen(namespace, address, 80))


async def describe(namespace: str, told: dict[str, str]) -> None:
    """Answers for the metadata service of an instance: version 2, nothing without the token."""
    role = "meta-data/iam/security-credentials/"
    pages = {f"meta-data/{name}": text for name, text in told.items()}
    pages |= {role: "role", f"{role}role": json.dumps(CREDENTIALS)}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, path, _ = head.split(" ", 2)
            if method == "PUT":
                status, text = "200 OK", TOKEN
            elif f"x-aws-ec2-metadata-token: {TOKEN}" not in head.lower():
                status, text = "401 Unauthorized", ""
            else:
                page = pages.get(path.removeprefix("/latest/"))
                status, text = ("404 Not Found", "") if page is None else ("200 OK", page)
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\n"
                f"Connection: close\r\n\r\n{text}".encode()
            )
            await writer.drain()
        writer.close()

    await asyncio.start_server(serve, sock=listen(namespace, "169.254.169.254", 80))


async def main() -> None:
    """Serves until nobody wants it any more."""
    config = json.loads(sys.argv[1])
    await relay(*config["endpoint"], config["emulator"])
    for namespace, told in config["nodes"].items():
        await describe(namespace, told)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
