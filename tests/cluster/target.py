"""A server that counts what it answers, in a process of its own: the truth about a run.

Answers every GET, `/fail` with 500 and `/never` not at all. A line on standard input asks for the
counts, which come as one line of JSON; its end ends the server.
"""

import asyncio
import json
import os
import sys
from collections import Counter

ANSWER = b"HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\nok"


class Visitor(asyncio.Protocol):
    """One connection."""

    def __init__(self, counts: Counter[str]) -> None:
        self.counts = counts
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while b"\r\n\r\n" in self.rest:
            head, _, self.rest = self.rest.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            self.counts[path] += 1
            if path == "/never":
                continue
            status = b"500 Internal Server Error" if path == "/fail" else b"200 OK"
            self.transport.write(ANSWER % status)


async def serve(address: str) -> None:
    counts: Counter[str] = Counter()
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def asked() -> None:
        lines = os.read(sys.stdin.fileno(), 4096)
        for _ in range(lines.count(b"\n")):
            print(json.dumps(counts), flush=True)
        if not lines:
            ended.set()

    server = await loop.create_server(lambda: Visitor(counts), address, 0)
    print(f"http://{address}:{server.sockets[0].getsockname()[1]}", flush=True)
    loop.add_reader(sys.stdin.fileno(), asked)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
