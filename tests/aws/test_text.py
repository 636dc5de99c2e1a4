"""The text of the stack: its format, its schema, its own tests, and what a reader counts on."""

import re
import subprocess

from . import extract
from .ladder import STACK, Stack
from .standin.protocol import read_schema


def test_the_files_have_terraforms_own_format() -> None:
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", "-recursive", str(STACK)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_schema_holds_every_type_that_the_stack_uses() -> None:
    schema = read_schema()
    for provider, wanted in extract.used().items():
        for kind, name in wanted:
            assert name in schema[provider][kind], "run python tests/aws/extract.py"


def test_the_stack_is_valid(plain: Stack) -> None:
    assert "The configuration is valid" in plain.run("validate")


def test_a_misspelt_argument_is_found(plain: Stack) -> None:
    path = plain.folder / "master.tf"
    text = path.read_text()
    try:
        path.write_text(text.replace("  instance_type  ", "  instance_typ   "))
        assert '"instance_typ"' in plain.run("validate", code=1)
    finally:
        path.write_text(text)


def test_the_plans_are_as_the_stacks_own_tests_say(plain: Stack) -> None:
    bare = Stack(plain.folder, plain.emulator, {})
    assert "0 failed" in bare.run("test")


def test_every_variable_and_output_says_what_it_is() -> None:
    for path in STACK.rglob("*.tf"):
        for block in re.findall(
            r'^(?:variable|output) "\w+" \{\n.*?^\}', path.read_text(), re.M | re.S
        ):
            assert "description" in block, block
            assert block.startswith("output") or "type " in block, block


def test_what_is_edited_stands_in_main() -> None:
    edited = {
        "worker_count",
        "worker_instance_types",
        "master_instance_type",
        "region",
        "ttl_hours",
        "target_hosts",
        "locust_dir",
        "max_usd_per_hour",
    }
    assert set(re.findall(r'^variable "(\w+)"', (STACK / "main.tf").read_text(), re.M)) == edited


def test_the_outputs_are_there_and_secrets_are_not_shown() -> None:
    text = (STACK / "outputs.tf").read_text()
    blocks = dict(re.findall(r'^output "(\w+)" \{\n(.*?)^\}', text, re.M | re.S))
    assert blocks.keys() >= {
        "ui_url",
        "ui_password",
        "certificate_fingerprint",
        "private_key_pem",
        "master_ip",
        "expires_at",
        "estimated_usd_per_hour",
        "max_total_usd",
        "ssh_command",
        "ssm_command",
        "tunnel_command",
    }
    secret = {name for name, block in blocks.items() if re.search(r"sensitive +=", block)}
    assert secret == {"ui_password", "private_key_pem"}


def test_nothing_is_made_that_costs_while_no_machine_runs() -> None:
    made = {name for kind, name in extract.used()["aws"] if kind == "resource"}
    dear = ("nat_gateway", "eip", "_lb", "db_", "kms", "cloudwatch", "secretsmanager", "flow_log")
    assert [name for name in made if any(each in name for each in dear)] == []
    endpoint = (STACK / "network.tf").read_text().partition('"aws_vpc_endpoint"')[2]
    assert 'vpc_endpoint_type = "Gateway"' in endpoint


def test_no_module_of_a_registry_is_used() -> None:
    for path in STACK.rglob("*.tf"):
        assert not re.search(r'^module "', path.read_text(), re.M), path


def test_the_readme_tells_the_five_steps() -> None:
    text = (STACK / "README.md").read_text()
    steps = [
        "locustfile.py",
        "main.tf",
        "terraform init && terraform apply",
        "8089",
        "terraform destroy",
    ]
    places = [text.index(step) for step in steps]
    assert places == sorted(places)
    assert "not been applied on real AWS" in text
