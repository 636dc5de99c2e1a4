"""Credentials of a profile in ~/.aws: keys, a role, a sign-in, or a program that knows them."""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import shutil
import subprocess
import urllib.parse
import urllib.request
import xml.etree.ElementTree as xml
from datetime import UTC, datetime
from pathlib import Path

from gregaria.cloud import surroundings
from gregaria.cloud.account import VERSIONS, Account
from gregaria.cloud.stack.node.aws import AwsError, Credentials
from gregaria.cloud.surroundings import given
from gregaria.cloud.trouble import NOT_BEGUN, Trouble

#: Seconds until a sign-in service is given up.
TIMEOUT = 20

Profile = dict[str, str]


def find() -> Credentials | None:
    """Those of `AWS_PROFILE`, or of the profile `default` if there is one."""
    name = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    profiles = _read()
    if name is None:
        return of(profiles, "default") if "default" in profiles else None
    if name not in profiles:
        raise Trouble(f"AWS_PROFILE is `{name}`, and ~/.aws has no such profile", NOT_BEGUN)
    # One that only names a region leaves it to the machine to give them.
    return of(profiles, name)


def of(profiles: dict[str, Profile], name: str, via: tuple[str, ...] = ()) -> Credentials | None:
    """Those of one profile; nothing if it says nothing of credentials."""
    profile = profiles.get(name)
    if profile is None or name in via:
        text = f"the profile `{via[-1] if via else name}` of ~/.aws leads to no credentials"
        raise Trouble(text, NOT_BEGUN)
    access, secret = profile.get("aws_access_key_id"), profile.get("aws_secret_access_key")
    token = profile.get("aws_session_token", "")
    own = Credentials(access, secret, token) if access and secret else None
    if "mfa_serial" in profile or "login_session" in profile:
        return _of_command(name)
    if "role_arn" in profile:
        if "web_identity_token_file" in profile:
            return of_web_identity(profile["role_arn"], profile["web_identity_token_file"], profile)
        if profile.get("source_profile") == name and own is not None:
            return _role(profile, own)
        if "source_profile" in profile:
            source = of(profiles, profile["source_profile"], (*via, name))
        else:
            source = _of_source(profile.get("credential_source", ""))
        if source is None:
            raise Trouble(f"the source of the profile `{name}` has no credentials", NOT_BEGUN)
        return _role(profile, source)
    if own is not None:
        return own
    if "sso_account_id" in profile:
        return _of_sign_in(profiles, name, profile)
    if "credential_process" in profile:
        return _of_process(["sh", "-c", profile["credential_process"]], name)
    return None


def of_environment() -> Credentials | None:
    """Keys in the environment."""
    access = os.environ.get("AWS_ACCESS_KEY_ID")
    secret = os.environ.get("AWS_SECRET_ACCESS_KEY")
    token = os.environ.get("AWS_SESSION_TOKEN", "")
    return Credentials(access, secret, token) if access and secret else None


def of_web_identity(role: str, token_file: str, profile: Profile) -> Credentials:
    """Those of a role, for a token that somebody else has issued: of a pod, or of a pipeline."""
    name = os.environ.get("AWS_ROLE_SESSION_NAME", profile.get("role_session_name", "gregaria"))
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": VERSIONS["sts"],
        "RoleArn": role,
        "RoleSessionName": name,
    }
    try:
        form["WebIdentityToken"] = Path(token_file).read_text().strip()
        data = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(_place("sts", _region(profile)), data, TIMEOUT) as answer:
            return _of_answer(xml.fromstring(answer.read()))
    except OSError as error:
        text = f"the token in {token_file} gives no credentials for {role}: {error}"
        raise Trouble(text, NOT_BEGUN) from error


def _read() -> dict[str, Profile]:
    """All profiles, and the sign-ins as `sso-session NAME`."""
    found: dict[str, Profile] = {}
    for variable, usual in (
        ("AWS_CONFIG_FILE", "~/.aws/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ):
        reader = configparser.RawConfigParser(strict=False)
        path = Path(os.environ.get(variable, usual)).expanduser()
        try:
            reader.read(path)
        except configparser.Error as error:
            raise Trouble(f"{path} cannot be read: {error}", NOT_BEGUN) from error
        for section in reader.sections():
            found.setdefault(section.removeprefix("profile "), {}).update(reader[section])
    return found


def _of_source(source: str) -> Credentials | None:
    sources = {
        "Environment": of_environment,
        "Ec2InstanceMetadata": surroundings.of_instance,
        "EcsContainer": surroundings.of_container,
    }
    return sources[source]() if source in sources else None


def _role(profile: Profile, source: Credentials) -> Credentials:
    fields = {"RoleArn": profile["role_arn"]}
    fields["RoleSessionName"] = profile.get("role_session_name", "gregaria")
    if "external_id" in profile:
        fields["ExternalId"] = profile["external_id"]
    if "duration_seconds" in profile:
        fields["DurationSeconds"] = profile["duration_seconds"]
    try:
        account = Account(_region(profile), lambda: source)
        return _of_answer(account.query("sts", "AssumeRole", **fields)[0])
    except (AwsError, OSError) as error:
        raise Trouble(f"AWS does not give {profile['role_arn']}: {error}", NOT_BEGUN) from error


def _of_sign_in(profiles: dict[str, Profile], name: str, profile: Profile) -> Credentials:
    """Those of a profile that signs in by IAM Identity Center, with the token of the last time."""
    session = profiles.get(f"sso-session {profile.get('sso_session')}", profile)
    key = profile.get("sso_session") or profile.get("sso_start_url", "")
    cache = Path("~/.aws/sso/cache", f"{hashlib.sha1(key.encode()).hexdigest()}.json").expanduser()
    anew = f"sign in anew: aws sso login --profile {name}"
    try:
        token = json.loads(cache.read_text())
        end = datetime.fromisoformat(token["expiresAt"].replace("UTC", "Z").replace("Z", "+00:00"))
        if end < datetime.now(UTC):
            # AWS's own program renews what can be renewed.
            if shutil.which("aws"):
                return _of_command(name)
            raise Trouble(f"the sign-in of the profile `{name}` is over: {anew}", NOT_BEGUN)
        asked = {"role_name": profile["sso_role_name"], "account_id": profile["sso_account_id"]}
        place = _place("portal.sso", session["sso_region"], "AWS_ENDPOINT_URL_SSO")
        request = urllib.request.Request(
            f"{place.rstrip('/')}/federation/credentials?{urllib.parse.urlencode(asked)}",
            headers={"x-amz-sso_bearer_token": token["accessToken"]},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            told = json.load(answer)["roleCredentials"]
        return Credentials(
            told["accessKeyId"],
            told["secretAccessKey"],
            told["sessionToken"],
            float(told["expiration"]) / 1000,
        )
    except (OSError, ValueError, KeyError) as error:
        text = (
            f"the profile `{name}` gives no credentials ({type(error).__name__}: {error}): {anew}"
        )
        raise Trouble(text, NOT_BEGUN) from error


def _of_command(name: str) -> Credentials:
    """A profile that asks for more than we know of: AWS's own program can."""
    program = shutil.which("aws")
    if program is None:
        text = f"the profile `{name}` of ~/.aws needs AWS's own program, and there is no `aws`"
        raise Trouble(text, NOT_BEGUN)
    words = ["configure", "export-credentials", "--format", "process", "--profile", name]
    return _of_process([program, *words], name)


def _of_process(command: list[str], name: str) -> Credentials:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        text = f"the profile `{name}` gives no credentials: {done.stderr.strip()}"
        raise Trouble(text, NOT_BEGUN)
    try:
        return given(json.loads(done.stdout), "SessionToken")
    except (ValueError, KeyError) as error:
        text = f"the program of the profile `{name}` tells no credentials"
        raise Trouble(text, NOT_BEGUN) from error


def _of_answer(tree: xml.Element) -> Credentials:
    told = {each.tag.rpartition("}")[2]: each.text for each in tree.iter()}
    return given(told, "SessionToken")


def _region(profile: Profile) -> str:
    environment = os.environ
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    return region or profile.get("region", "us-east-1")


def _place(host: str, region: str, variable: str = "AWS_ENDPOINT_URL_STS") -> str:
    place = os.environ.get(variable) or os.environ.get("AWS_ENDPOINT_URL")
    suffix = ".cn" if region.startswith("cn-") else ""
    return place or f"https://{host}.{region}.amazonaws.com{suffix}/"
