"""A provider for Terraform's protocol 6 out of a schema and the tables of `kinds`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import msgpack
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

from .kinds import DATA, RESOURCES, Context, Resource, State

SCHEMA = Path(__file__).parents[1] / "schema.jsonl"

UNKNOWN = msgpack.ExtType(0, b"\0")

NESTING = pb.Schema.NestedBlock.NestingMode
NESTINGS = {
    "list": NESTING.LIST,
    "set": NESTING.SET,
    "struct": NESTING.SINGLE,
    "map": NESTING.MAP,
}

#: What the bindings do not say: values that Terraform must not show.
SENSITIVE = {
    "random_password": {"result", "bcrypt_hash"},
    "tls_private_key": {"private_key_pem", "private_key_openssh", "private_key_pem_pkcs8"},
    "tls_self_signed_cert": {"private_key_pem"},
    "aws_ssm_parameter": {"value"},
}

#: The part of aws's provider block that the stack uses.
CONFIGURATION = {
    "aws": {
        "attributes": {"region": ["optional", "string"]},
        "blocks": {
            "default_tags": {
                "nesting": "list",
                "attributes": {"tags": ["optional", ["map", "string"]]},
                "blocks": {},
            }
        },
    }
}
NOTHING: dict[str, Any] = {"attributes": {}, "blocks": {}}


def read_schema() -> dict[str, dict[str, dict[str, Any]]]:
    """By provider and kind: the types."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    provider: dict[str, dict[str, Any]] = {}
    for line in SCHEMA.read_text().splitlines():
        entry = json.loads(line)
        if "provider" in entry:
            provider = found[entry["provider"]] = {"resource": {}, "data": {}}
        else:
            provider[entry["kind"]][entry["type"]] = entry
    return found


def encode(value: object) -> pb.DynamicValue:
    return pb.DynamicValue(msgpack=msgpack.packb(value, use_bin_type=True))


def decode(value: pb.DynamicValue) -> Any:
    if value.msgpack:
        return msgpack.unpackb(value.msgpack, raw=False, strict_map_key=False)
    return json.loads(value.json) if value.json else None


def block_of(schema: dict[str, Any], sensitive: frozenset[str] | set[str]) -> pb.Schema.Block:
    attributes = [
        pb.Schema.Attribute(
            name=name,
            type=json.dumps(kind).encode(),
            required=mode == "required",
            optional=mode == "optional",
            computed=mode != "required",
            sensitive=name in sensitive,
        )
        for name, (mode, kind) in sorted(schema["attributes"].items())
    ]
    blocks = [
        pb.Schema.NestedBlock(
            type_name=name, nesting=NESTINGS[each["nesting"]], block=block_of(each, frozenset())
        )
        for name, each in sorted(schema["blocks"].items())
    ]
    return pb.Schema.Block(attributes=attributes, block_types=blocks)


def known(value: Any) -> Any:
    """The value with null for what is still unknown."""
    if isinstance(value, msgpack.ExtType):
        return None
    if isinstance(value, dict):
        return {key: known(each) for key, each in value.items()}
    if isinstance(value, list):
        return [known(each) for each in value]
    return value


def failed(error: Exception) -> list[pb.Diagnostic]:
    return [
        pb.Diagnostic(severity=pb.Diagnostic.ERROR, summary=type(error).__name__, detail=str(error))
    ]


def fail_as_told(name: str) -> None:
    """Refuses to make a type that the test has named in the file of faults."""
    path = os.environ.get("STANDIN_FAULTS", "")
    faults = json.loads(Path(path).read_text()) if path and Path(path).exists() else {}
    if name in faults:
        raise RuntimeError(faults[name])


def go_where_terraform_is() -> None:
    """A plugin works in Terraform's folder. This one outlives a run, so it is told where."""
    os.chdir(Path(os.environ["STANDIN_FOLDER"], "cwd").read_text())


class Provider(rpc.ProviderServicer):
    """One provider."""

    def __init__(self, name: str, schema: dict[str, dict[str, Any]]) -> None:
        self._name = name
        self._schema = schema
        self._context = Context()

    def GetMetadata(self, request: Any, context: Any) -> Any:
        answer = pb.GetMetadata.Response
        return answer(
            resources=[
                pb.GetMetadata.ResourceMetadata(type_name=name) for name in self._schema["resource"]
            ],
            data_sources=[
                pb.GetMetadata.DataSourceMetadata(type_name=name) for name in self._schema["data"]
            ],
        )

    def GetProviderSchema(self, request: Any, context: Any) -> Any:
        def schemas(kind: str) -> dict[str, pb.Schema]:
            return {
                name: pb.Schema(block=block_of(each, SENSITIVE.get(name, frozenset())))
                for name, each in self._schema[kind].items()
            }

        own = CONFIGURATION.get(self._name, NOTHING)
        return pb.GetProviderSchema.Response(
            provider=pb.Schema(block=block_of(own, frozenset())),
            resource_schemas=schemas("resource"),
            data_source_schemas=schemas("data"),
        )

    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateResourceConfig.Response()

    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateDataResourceConfig.Response()

    def ConfigureProvider(self, request: Any, context: Any) -> Any:
        given = known(decode(request.config)) or {}
        tags = (given.get("default_tags") or [{}])[0].get("tags") or {}
        self._context = Context(given.get("region") or "us-east-1", tags)
        go_where_terraform_is()
        return pb.ConfigureProvider.Response()

    def StopProvider(self, request: Any, context: Any) -> Any:
        return pb.StopProvider.Response()

    def UpgradeResourceState(self, request: Any, context: Any) -> Any:
        state = json.loads(request.raw_state.json)
        return pb.UpgradeResourceState.Response(upgraded_state=encode(state))

    def ReadResource(self, request: Any, context: Any) -> Any:
        kind = RESOURCES[request.type_name]
        state = decode(request.current_state)
        is_there = state is not None and kind.is_there(state, self._context)
        return pb.ReadResource.Response(new_state=encode(state if is_there else None))

    def PlanResourceChange(self, request: Any, context: Any) -> Any:
        new, old = decode(request.proposed_new_state), decode(request.prior_state)
        if new is None:
            return pb.PlanResourceChange.Response(planned_state=request.proposed_new_state)
        attributes = self._schema["resource"][request.type_name]["attributes"]
        kind = RESOURCES[request.type_name]
        changed = [] if old is None else [name for name in new if new[name] != old.get(name)]
        forcing = changed if kind.update is None else [n for n in changed if n in kind.forces]
        for name, (mode, _) in attributes.items():
            is_new = old is None and mode != "required" and new.get(name) is None
            if is_new or (changed and name in kind.renews):
                new[name] = UNKNOWN
        steps = [
            pb.AttributePath(steps=[pb.AttributePath.Step(attribute_name=name)]) for name in forcing
        ]
        return pb.PlanResourceChange.Response(planned_state=encode(new), requires_replace=steps)

    def ApplyResourceChange(self, request: Any, context: Any) -> Any:
        plan, old = decode(request.planned_state), decode(request.prior_state)
        kind: Resource = RESOURCES[request.type_name]
        answer = pb.ApplyResourceChange.Response
        try:
            if plan is None:
                kind.delete(old, self._context)
                return answer(new_state=request.planned_state)
            if old is None:
                fail_as_told(request.type_name)
                computed = kind.create(known(plan), self._context)
            else:
                assert kind.update is not None, "without it the plan is to make it anew"
                computed = kind.update(old, known(plan), self._context)
            return answer(new_state=encode(self._settled(request.type_name, plan, computed)))
        except Exception as error:
            return answer(new_state=request.prior_state, diagnostics=failed(error))

    def _settled(self, name: str, plan: State, computed: State) -> State:
        attributes = self._schema["resource"][name]["attributes"]
        unknown = {key for key, value in plan.items() if isinstance(value, msgpack.ExtType)}
        stray = computed.keys() - attributes.keys()
        assert not stray, f"{name} has no {stray}"
        return known({**plan, **{key: computed.get(key) for key in unknown}})

    def ReadDataSource(self, request: Any, context: Any) -> Any:
        given = known(decode(request.config))
        try:
            found = DATA[request.type_name](given, self._context)
            return pb.ReadDataSource.Response(state=encode(known({**given, **found})))
        except Exception as error:
            return pb.ReadDataSource.Response(diagnostics=failed(error))
