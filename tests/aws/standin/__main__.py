"""Serves the emulator and all providers until its standard input is closed.

    python -m tests.aws.standin FOLDER

prints one line of JSON: the URL of the emulator, and the variable by which Terraform finds the
providers. One process for all of them: Terraform would start a plugin several times in each run.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

#: Images that the emulator knows besides its own.
IMAGES = [
    {
        "ami_id": f"ami-{number:017x}",
        "name": f"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{name}-server-{date}",
        "owner_id": "099720109477",
        "architecture": architecture,
        "creation_date": f"{date[:4]}-{date[4:6]}-{date[6:]}T00:00:00.000Z",
        "description": "Ubuntu 24.04",
        "image_location": "amazon/ubuntu",
        "image_type": "machine",
        "public": True,
        "platform": None,
        "state": "available",
        "hypervisor": "xen",
        "root_device_name": "/dev/sda1",
        "root_device_type": "ebs",
        "virtualization_type": "hvm",
        "sriov": "simple",
    }
    for number, (name, architecture, date) in enumerate(
        [
            ("amd64", "x86_64", "20260901"),
            ("amd64", "x86_64", "20261001"),
            ("arm64", "arm64", "20261001"),
        ],
        1,
    )
]


def main() -> None:
    """Starts everything and waits."""
    folder = Path(sys.argv[1])
    (folder / "images.json").write_text(json.dumps(IMAGES))
    os.environ |= {
        "MOTO_AMIS_PATH": str(folder / "images.json"),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "STANDIN_FAULTS": str(folder / "faults.json"),
        "STANDIN_FOLDER": str(folder),
        "GRPC_VERBOSITY": "NONE",
    }
    import grpc
    from moto.server import ThreadedMotoServer
    from tf.gen import tfplugin_pb2_grpc as rpc

    emulator = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    emulator.start()
    host, port = emulator.get_host_and_port()
    os.environ["STANDIN_URL"] = f"http://{host}:{port}"

    from tests.aws.standin import local, machines, network, storage  # noqa: F401
    from tests.aws.standin.protocol import Provider, read_schema

    reattach: dict[str, object] = {}
    servers: list[grpc.Server] = []
    for name, schema in read_schema().items():
        server = grpc.server(
            ThreadPoolExecutor(max_workers=12),
            options=[("grpc.max_receive_message_length", 64 << 20)],
        )
        rpc.add_ProviderServicer_to_server(Provider(name, schema), server)
        path = folder / f"{name}.sock"
        server.add_insecure_port(f"unix:{path}")
        server.start()
        servers.append(server)
        reattach[f"registry.terraform.io/hashicorp/{name}"] = {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": os.getpid(),
            "Test": True,
            "Addr": {"Network": "unix", "String": str(path)},
        }
    told = {"url": os.environ["STANDIN_URL"], "reattach": json.dumps(reattach)}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    for server in servers:
        server.stop(None)
    emulator.stop()


if __name__ == "__main__":
    main()
