"""A worker of another maker, as Boomer is for Go: it knows ZeroMQ, msgpack and what it is told.

    peer.py HOST PORT NODE_ID

Runs on the real Locust's Python, for the sake of its libraries. Lines of standard input, each a
literal of Python, say what to send:

    ("say", KIND, DATA)     a message
    ("beat", KIND, DATA)    the same, and again every second
    ("recorded", BYTES)     a recorded message, in this one's name
    ("bytes", BYTES)        what need not be a message

Lines of standard output, literals too, are the messages that were sent and have come:
`("said" or "heard", KIND, DATA)`.
"""

import ast
import sys
import time

import msgpack
import zmq

BEAT_INTERVAL = 1.0


class Peer:
    def __init__(self, host, port, node_id):
        self.node_id = node_id
        self.socket = zmq.Context().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.IDENTITY, node_id.encode())
        self.socket.setsockopt(zmq.LINGER, 1000)
        self.socket.connect(f"tcp://{host}:{port}")
        self.beat = None
        self.next_beat = 0.0

    def say(self, kind, data):
        self.socket.send(msgpack.packb([kind, data, self.node_id]))
        print(repr(("said", kind, data)), flush=True)

    def obey(self, order, *what):
        if order == "bytes":
            self.socket.send(what[0])
            return
        if order == "recorded":
            what = msgpack.unpackb(what[0], strict_map_key=False)[:2]
        if order == "beat":
            self.beat, self.next_beat = what, time.monotonic() + BEAT_INTERVAL
        self.say(*what)

    def run(self):
        """Until standard input ends."""
        poller = zmq.Poller()
        poller.register(self.socket, zmq.POLLIN)
        poller.register(sys.stdin.fileno(), zmq.POLLIN)
        while True:
            ready = dict(poller.poll(BEAT_INTERVAL * 100))
            if self.socket in ready:
                kind, data, _ = msgpack.unpackb(self.socket.recv(), strict_map_key=False)
                print(repr(("heard", kind, data)), flush=True)
            if sys.stdin.fileno() in ready:
                line = sys.stdin.buffer.raw.readline()
                if not line:
                    return
                self.obey(*ast.literal_eval(line.decode()))
            if self.beat and time.monotonic() >= self.next_beat:
                self.obey("beat", *self.beat)


if __name__ == "__main__":
    Peer(*sys.argv[1:]).run()
