"""Rotates the origin secret without a moment in which CloudFront sends a value that a task refuses.

The secret is a JSON object of two values: the one that CloudFront sends and the one that it sends after the next
rotation. ECS reads a secret only when a task starts, so a task knows both values of its start. A rotation

1. createSecret: makes the pending version: the next value becomes the current one, and a new one is the next;
2. setSecret: lets CloudFront send what is current then. Tasks know it already, as their next value. It fails while a
   task runs that started before the secret had that value, such as one that protects its viewers;
3. testSecret: waits until CloudFront has deployed that everywhere;
4. finishSecret: makes the pending version current, and starts new tasks, which know the new next value. A tag of the
   secret notes since when tasks do.

A secret without a next value, as the stack creates it, is only given one. Every step may be repeated, and Secrets
Manager repeats a rotation that failed.
"""

import datetime
import json
import os
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

TAG = "viaduct:known-since"
NAMESPACE = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
ElementTree.register_namespace("", NAMESPACE)
LENGTH = 48
# The time between two looks at the distribution, and what must be left for the step's end.
LOOK_EVERY = 10
TIME_TO_END = 30


class NotYet(Exception):
    """The rotation cannot go on now. Secrets Manager tries again."""


class Distribution:
    """Our distribution's config, read and written as the XML that CloudFront sends.

    An SDK would drop the elements that it does not know yet, and with them what somebody has set.
    """

    def __init__(self):
        endpoint = os.environ.get("AWS_ENDPOINT_URL_CLOUDFRONT", "https://cloudfront.amazonaws.com")
        self._url = f"{endpoint}/2020-05-31/distribution/{os.environ['DISTRIBUTION']}"

    def deployed(self):
        """Returns True if all edges have the latest config."""
        return ElementTree.fromstring(self._call("GET", "")[0]).findtext(f"{{{NAMESPACE}}}Status") == "Deployed"

    def value(self):
        """Returns the header's value."""
        return self._header(ElementTree.fromstring(self._call("GET", "/config")[0])).text

    def set_value(self, value):
        """Changes the header's value, and nothing else. Fails if somebody else changes the config meanwhile."""
        body, tag = self._call("GET", "/config")
        config = ElementTree.fromstring(body)
        self._header(config).text = value
        self._call("PUT", "/config", ElementTree.tostring(config, xml_declaration=True, encoding="UTF-8"), tag)

    @staticmethod
    def _header(config):
        found = []
        for header in config.iter(f"{{{NAMESPACE}}}OriginCustomHeader"):
            if header.findtext(f"{{{NAMESPACE}}}HeaderName").lower() == os.environ["HEADER"].lower():
                found.append(header.find(f"{{{NAMESPACE}}}HeaderValue"))
        if len(found) != 1:
            raise ValueError(f"{len(found)} origins send the header {os.environ['HEADER']}, not 1")
        return found[0]

    def _call(self, method, path, body=None, tag=None):
        headers = {} if body is None else {"Content-Type": "application/xml", "If-Match": tag}
        request = AWSRequest(method, self._url + path, headers, body)
        SigV4Auth(boto3.Session().get_credentials().get_frozen_credentials(), "cloudfront", "us-east-1").add_auth(
            request
        )
        call = urllib.request.Request(request.url, body, dict(request.headers), method=method)
        try:
            with urllib.request.urlopen(call, timeout=30) as answer:
                return answer.read(), answer.headers.get("ETag")
        except urllib.error.HTTPError as error:
            # The body says why, and holds no value of ours: it answers a request, it does not repeat it.
            raise NotYet(f"CloudFront: {method} {path or '/'}: {error.code} {error.read(500)!r}") from None


class Secret:
    """The versions of the secret."""

    def __init__(self, arn, token):
        self._client = boto3.client("secretsmanager")
        self._arn, self._token = arn, token
        self._described = self._client.describe_secret(SecretId=arn)
        if token not in self._described["VersionIdsToStages"]:
            raise ValueError(f"no version {token} of the secret")

    def is_current(self):
        return "AWSCURRENT" in self._described["VersionIdsToStages"][self._token]

    def current(self):
        return json.loads(self._client.get_secret_value(SecretId=self._arn, VersionStage="AWSCURRENT")["SecretString"])

    def pending(self):
        """Returns the pending version, or None before createSecret."""
        try:
            answer = self._client.get_secret_value(SecretId=self._arn, VersionId=self._token, VersionStage="AWSPENDING")
        except self._client.exceptions.ResourceNotFoundException:
            return None
        return json.loads(answer["SecretString"])

    def put_pending(self, value):
        self._client.put_secret_value(
            SecretId=self._arn,
            ClientRequestToken=self._token,
            SecretString=json.dumps(value),
            VersionStages=["AWSPENDING"],
        )

    def random(self):
        return self._client.get_random_password(PasswordLength=LENGTH, ExcludePunctuation=True)["RandomPassword"]

    def make_current(self):
        before = [v for v, stages in self._described["VersionIdsToStages"].items() if "AWSCURRENT" in stages]
        self._client.update_secret_version_stage(
            SecretId=self._arn, VersionStage="AWSCURRENT", MoveToVersionId=self._token, RemoveFromVersionId=before[0]
        )

    def known_since(self):
        """Returns when the tasks that start know the current version, in seconds since 1970."""
        answer = self._client.get_secret_value(SecretId=self._arn, VersionStage="AWSCURRENT")
        noted = self._noted()
        # A version that somebody has put by hand is current from its beginning.
        return noted[1] if noted and noted[0] == answer["VersionId"] else answer["CreatedDate"].timestamp()

    def is_noted(self):
        """Returns True if this rotation's tasks have been started."""
        noted = self._noted()
        return noted is not None and noted[0] == self._token

    def note(self, since):
        tag = {"Key": TAG, "Value": f"{self._token} {since:.3f}"}
        self._client.tag_resource(SecretId=self._arn, Tags=[tag])

    def _noted(self):
        for tag in self._described.get("Tags", []):
            if tag["Key"] == TAG:
                version, since = tag["Value"].split(" ")
                return version, float(since)
        return None


class Tasks:
    """The tasks of our service."""

    def __init__(self):
        self._client = boto3.client("ecs")
        self._service = {"cluster": os.environ["CLUSTER"], "service": os.environ["SERVICE"]}

    def older_than(self, since):
        """Returns the tasks that run and were created before `since`."""
        older = []
        pages = self._client.get_paginator("list_tasks").paginate(
            cluster=self._service["cluster"], serviceName=self._service["service"], desiredStatus="RUNNING"
        )
        for page in pages:
            if not page["taskArns"]:
                continue
            described = self._client.describe_tasks(cluster=self._service["cluster"], tasks=page["taskArns"])
            older += [task["taskArn"] for task in described["tasks"] if task["createdAt"].timestamp() < since]
        return older

    def replace(self):
        """Starts new tasks in place of all. Returns when that began, in seconds since 1970."""
        service = self._client.update_service(**self._service, forceNewDeployment=True)["service"]
        primary = next(each for each in service["deployments"] if each["status"] == "PRIMARY")
        return primary["createdAt"].timestamp()


def create(secret):
    if secret.pending() is not None:
        return
    current = secret.current()
    now, following = os.environ["CURRENT_KEY"], os.environ["NEXT_KEY"]
    secret.put_pending({now: current.get(following) or current[now], following: secret.random()})


def set_value(secret):
    value = secret.pending()[os.environ["CURRENT_KEY"]]
    distribution = Distribution()
    if distribution.value() == value:
        return
    since = secret.known_since()
    older = Tasks().older_than(since)
    if older:
        date = datetime.datetime.fromtimestamp(since, datetime.timezone.utc).isoformat(timespec="seconds")
        raise NotYet(f"{len(older)} tasks are older than {date} and do not know the next value: {', '.join(older[:5])}")
    distribution.set_value(value)


def test(secret, milliseconds_left):
    distribution = Distribution()
    value = secret.pending()[os.environ["CURRENT_KEY"]]
    while not (distribution.deployed() and distribution.value() == value):
        if milliseconds_left() < (LOOK_EVERY + TIME_TO_END) * 1000:
            raise NotYet("CloudFront has not deployed the value yet")
        time.sleep(LOOK_EVERY)


def finish(secret):
    if not secret.is_current():
        distribution = Distribution()
        # Somebody may have deployed the stack since, which sends the current version's value.
        if distribution.value() != secret.pending()[os.environ["CURRENT_KEY"]] or not distribution.deployed():
            raise NotYet("CloudFront does not send the pending value everywhere")
        secret.make_current()
    if not secret.is_noted():
        secret.note(Tasks().replace())


def handler(event, context):
    """Runs one step, as Secrets Manager asks."""
    step = event["Step"]
    secret = Secret(event["SecretId"], event["ClientRequestToken"])
    print(json.dumps({"msg": "rotation", "step": step, "version": event["ClientRequestToken"]}))
    if step == "finishSecret":
        return finish(secret)
    if secret.is_current():
        return None
    if step == "createSecret":
        return create(secret)
    if step == "setSecret":
        return set_value(secret)
    if step == "testSecret":
        return test(secret, context.get_remaining_time_in_millis)
    raise ValueError(f"unknown step {step}")
