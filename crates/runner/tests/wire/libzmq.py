"""Peers of libzmq for the tests of Locust's port. Needs pyzmq and msgpack.

python libzmq.py worker PORT ID COUNT   says `word` COUNT times, then echoes until `quit`
python libzmq.py again PORT ID TIMES    joins TIMES times with one identity, a `word` each time
python libzmq.py many PORT COUNT        COUNT workers in one process; each waits for `quit`
python libzmq.py master                 prints its port, acknowledges and echoes until `quit`
"""

import sys
from typing import Any

import msgpack
import zmq

context = zmq.Context()


def dealer(port: str, identity: str) -> zmq.Socket[bytes]:
    socket = context.socket(zmq.DEALER)
    socket.setsockopt(zmq.IDENTITY, identity.encode())
    socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
    socket.setsockopt(zmq.TCP_KEEPALIVE_IDLE, 30)
    socket.connect(f"tcp://127.0.0.1:{port}")
    return socket


def pack(kind: str, data: Any, node_id: str) -> bytes:
    return msgpack.packb((kind, data, node_id))


def unpack(frame: bytes) -> list[Any]:
    return msgpack.unpackb(frame, strict_map_key=False)


def worker(port: str, identity: str, count: str) -> None:
    socket = dealer(port, identity)
    for number in range(int(count)):
        socket.send(pack("word", {"number": number, "float": 0.5, 7: None}, identity))
    while True:
        kind, data, node_id = unpack(socket.recv())
        assert node_id == identity, node_id
        if kind == "quit":
            break
        socket.send(pack("echo", [kind, data], identity))
    socket.close()
    context.term()


def again(port: str, identity: str, times: str) -> None:
    for number in range(int(times)):
        socket = dealer(port, identity)
        socket.send(pack("word", number, identity))
        assert unpack(socket.recv())[0] == "ack"
        socket.close()


def many(port: str, count: str) -> None:
    sockets = [dealer(port, f"lo_{number}") for number in range(int(count))]
    for number, socket in enumerate(sockets):
        socket.send(pack("word", number, f"lo_{number}"))
    for number, socket in enumerate(sockets):
        kind, _, node_id = unpack(socket.recv())
        assert (kind, node_id) == ("quit", f"lo_{number}")


def master() -> None:
    router = context.socket(zmq.ROUTER)
    port = router.bind_to_random_port("tcp://127.0.0.1")
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while True:
        identity, frame = router.recv_multipart()
        kind, data, node_id = unpack(frame)
        assert node_id == identity.decode()
        if kind == "quit":
            break
        router.send_multipart([identity, pack("ack", {"index": 3}, node_id)])
        router.send_multipart([identity, pack("echo", [kind, data], node_id)])


globals()[sys.argv[1]](*sys.argv[2:])
