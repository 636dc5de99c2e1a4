"""The few calls to AWS that a node makes, with the standard library alone.

There is no package to install before the bucket can be read, and the SDK is not on every image.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as xml
from collections.abc import Callable
from dataclasses import dataclass

#: Seconds until a call is given up.
TIMEOUT = 20

#: Where an instance learns who it is. Nobody else answers there.
METADATA = "http://169.254.169.254"

#: Credentials are renewed when they have fewer seconds left.
EARLY = 300

S3_XML = "{http://s3.amazonaws.com/doc/2006-03-01/}"
SCALING_XML = "{http://autoscaling.amazonaws.com/doc/2011-01-01/}"


class AwsError(Exception):
    """A call that AWS has refused. The text is its own."""


@dataclass(frozen=True)
class Credentials:
    """Who calls. Temporary ones have a token and an end, in Unix seconds."""

    access_key: str
    secret_key: str
    token: str = ""
    expires_at: float = float("inf")


def metadata(path: str) -> str:
    """What the instance is told of itself, by version 2 of the service: with a token.

    Raises `OSError` where there is no such service.
    """
    base = os.environ.get("GREGARIA_METADATA_URL", METADATA)
    headers = {"X-aws-ec2-metadata-token-ttl-seconds": "300"}
    ask = urllib.request.Request(f"{base}/latest/api/token", method="PUT", headers=headers)
    with urllib.request.urlopen(ask, timeout=5) as answer:
        token = answer.read().decode()
    headers = {"X-aws-ec2-metadata-token": token}
    ask = urllib.request.Request(f"{base}/latest/{path}", headers=headers)
    with urllib.request.urlopen(ask, timeout=5) as answer:
        return answer.read().decode()


def credentials_of_instance() -> Credentials:
    """Those of the role of this instance."""
    base = "meta-data/iam/security-credentials/"
    given = json.loads(metadata(base + metadata(base).split()[0]))
    end = datetime.datetime.fromisoformat(given["Expiration"].replace("Z", "+00:00"))
    return Credentials(
        given["AccessKeyId"], given["SecretAccessKey"], given["Token"], end.timestamp()
    )


class Client:
    """Calls services of one region, or one emulator of them all."""

    def __init__(
        self,
        region: str,
        endpoint: str | None = None,
        credentials: Callable[[], Credentials] = credentials_of_instance,
    ) -> None:
        self._region = region
        self._endpoint = endpoint
        self._ask_credentials = credentials
        self._credentials: Credentials | None = None

    def get_object(
        self, bucket: str, key: str, etag: str | None = None
    ) -> tuple[bytes, str] | None:
        """An object and its ETag; nothing if it still has the ETag that is given."""
        headers = {"If-None-Match": etag} if etag else {}
        status, answered, body = self._s3("GET", bucket, key, headers=headers)
        return None if status == 304 else (body, answered.get("etag", ""))

    def put_object(self, bucket: str, key: str, body: bytes, content_type: str) -> None:
        """Writes an object."""
        self._s3("PUT", bucket, key, body, {"content-type": content_type})

    def list_objects(self, bucket: str, prefix: str) -> list[str]:
        """Keys that begin so."""
        keys: list[str] = []
        query = {"list-type": "2", "prefix": prefix}
        while True:
            tree = xml.fromstring(self._s3("GET", bucket, "", query=query)[2])
            keys += [each.text or "" for each in tree.iter(f"{S3_XML}Key")]
            more = tree.findtext(f"{S3_XML}NextContinuationToken")
            if more is None:
                return keys
            query["continuation-token"] = more

    def parameter(self, name: str) -> str:
        """A parameter of Systems Manager, decrypted."""
        body = json.dumps({"Name": name, "WithDecryption": True}).encode()
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": "AmazonSSM.GetParameter",
        }
        answer = self._call("ssm", "POST", self._url("ssm"), body, headers)[2]
        return json.loads(answer)["Parameter"]["Value"]

    def set_desired_capacity(self, group: str, count: int) -> None:
        """Tells an auto-scaling group how many instances it is to have."""
        self._scaling("SetDesiredCapacity", AutoScalingGroupName=group, DesiredCapacity=str(count))

    def end_and_shrink(self, instance: str) -> None:
        """Ends an instance of an auto-scaling group, which is not to put another in its place."""
        self._scaling(
            "TerminateInstanceInAutoScalingGroup",
            InstanceId=instance,
            ShouldDecrementDesiredCapacity="true",
        )

    def instances_of(self, group: str) -> list[str]:
        """Instances of an auto-scaling group, those that are being ended among them."""
        asked = {"AutoScalingGroupNames.member.1": group}
        tree = xml.fromstring(self._scaling("DescribeAutoScalingGroups", **asked))
        names = [each.text for each in tree.iter(f"{SCALING_XML}AutoScalingGroupName")]
        if group not in names:
            raise AwsError(f"there is no group {group}")
        return [each.text or "" for each in tree.iter(f"{SCALING_XML}InstanceId")]

    def _scaling(self, action: str, **fields: str) -> bytes:
        form = {"Action": action, "Version": "2011-01-01", **fields}
        headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        body = urllib.parse.urlencode(form).encode()
        return self._call("autoscaling", "POST", self._url("autoscaling"), body, headers)[2]

    def _url(self, host: str) -> str:
        suffix = ".cn" if self._region.startswith("cn-") else ""
        return self._endpoint or f"https://{host}.{self._region}.amazonaws.com{suffix}"

    def _s3(
        self,
        method: str,
        bucket: str,
        key: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        base = f"{self._endpoint}/{bucket}" if self._endpoint else self._url(f"{bucket}.s3")
        url = f"{base}/{urllib.parse.quote(key, safe='/-_.~')}"
        if query:
            url += "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
        return self._call("s3", method, url, body, headers or {})

    def _call(
        self, service: str, method: str, url: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        signed = self._sign(service, method, url, body, headers)
        data = body if method in ("POST", "PUT") else None
        request = urllib.request.Request(url, data, signed, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                found = {name.lower(): value for name, value in answer.headers.items()}
                return answer.status, found, answer.read()
        except urllib.error.HTTPError as error:
            if error.code == 304:
                return 304, {}, b""
            text = error.read().decode(errors="replace")[:500]
            place = url.partition("?")[0]
            raise AwsError(f"{method} {place}: {error.code} {error.reason} {text}") from error

    def _sign(
        self, service: str, method: str, url: str, body: bytes, headers: dict[str, str]
    ) -> dict[str, str]:
        """The headers with those of Signature Version 4."""
        if self._credentials is None or self._credentials.expires_at - time.time() < EARLY:
            self._credentials = self._ask_credentials()
        who, parts = self._credentials, urllib.parse.urlsplit(url)
        now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256(body).hexdigest()
        whole = {**headers, "host": parts.netloc, "x-amz-date": now, "x-amz-content-sha256": digest}
        if who.token:
            whole["x-amz-security-token"] = who.token
        whole = {name.lower(): value for name, value in whole.items()}
        names = sorted(whole)
        query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
        lines = [method, parts.path or "/", query]
        lines += [f"{name}:{whole[name].strip()}" for name in names]
        lines += ["", ";".join(names), digest]
        scope = f"{now[:8]}/{self._region}/{service}/aws4_request"
        asked = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{asked}"
        key = b"AWS4" + who.secret_key.encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        whole["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={who.access_key}/{scope}, "
            f"SignedHeaders={';'.join(names)}, Signature={signature}"
        )
        return whole
