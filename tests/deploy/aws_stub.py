"""A stand-in for Secrets Manager, CloudFront and ECS, as far as the rotation of the origin secret goes.

It speaks their protocols over HTTP, so that the real SDK is on the other side, and is as strict as they are: it takes
no config of a distribution without its ETag, and no version without its stage.
"""

import http.server
import json
import threading
import time
import xml.etree.ElementTree as ElementTree

ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:origin-AbCdEf"
DISTRIBUTION = "E2EXAMPLE"
NAMESPACE = "{http://cloudfront.amazonaws.com/doc/2020-05-31/}"

# As CloudFront sends it, with an element that no SDK knows yet.
CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<DistributionConfig xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><CallerReference>once</CallerReference>
<Origins><Quantity>1</Quantity><Items><Origin><Id>origin1</Id><DomainName>internal-alb.example</DomainName>
<CustomHeaders><Quantity>2</Quantity><Items>
<OriginCustomHeader><HeaderName>x-other</HeaderName><HeaderValue>other</HeaderValue></OriginCustomHeader>
<OriginCustomHeader><HeaderName>x-origin-verify</HeaderName><HeaderValue>{value}</HeaderValue></OriginCustomHeader>
</Items></CustomHeaders>
<VpcOriginConfig><VpcOriginId>vo_1</VpcOriginId><OriginReadTimeout>30</OriginReadTimeout></VpcOriginConfig>
<NotInAnySdkYet>keep &amp; me</NotInAnySdkYet></Origin></Items></Origins></DistributionConfig>"""


class AwsError(Exception):
    """What AWS answers instead: a code of its errors."""


class AwsStub:
    """The state of the three services. `looks_until_deployed`: how often a change is still in progress."""

    def __init__(self, secret):
        self.config = CONFIG.format(value=secret["HEADERVALUE"])
        self.etag = 1
        self.looks_until_deployed = 2
        self.looks_left = 0
        self.sending = {self.sent()}  # The values that some edge may still send.
        self.before_put = None  # Called once before a config is written, as another writer would be.
        self.clock = 1000.0  # AWS's clock, in seconds since 1970; each call takes one.
        self.versions = {"v0" * 16: {"value": json.dumps(secret), "stages": ["AWSCURRENT"], "created": self.clock}}
        self.tags = {}
        self.tasks = {}  # ARN to the time of its creation, and the secret that it read.
        self.failing = set()  # Actions that fail once.
        self.calls = []
        self.start_tasks(2)

    def start_tasks(self, count):
        self.clock += 1
        value = json.loads(self.at_stage("AWSCURRENT")[1]["value"])
        for _ in range(count):
            arn = f"arn:aws:ecs:eu-west-1:111122223333:task/cluster/{len(self.calls)}-{len(self.tasks)}-{self.clock}"
            self.tasks[arn] = (self.clock, value)

    def at_stage(self, stage):
        """Returns (id, version) of a stage."""
        for version_id, version in self.versions.items():
            if stage in version["stages"]:
                return version_id, version
        raise AwsError("ResourceNotFoundException")

    def sent(self):
        """Returns the header's value in CloudFront's config."""
        for header in ElementTree.fromstring(self.config).iter(f"{NAMESPACE}OriginCustomHeader"):
            if header.findtext(f"{NAMESPACE}HeaderName") == "x-origin-verify":
                return header.findtext(f"{NAMESPACE}HeaderValue")
        raise AssertionError("the header is gone")

    def call(self, action, request):
        """Returns the answer to an action of Secrets Manager or ECS."""
        self.clock += 1
        self.calls.append(action)
        if action in self.failing:
            self.failing.remove(action)
            raise AwsError("ThrottlingException")
        return getattr(self, action)(request)

    # Secrets Manager.

    def DescribeSecret(self, request):  # noqa: N802
        assert request["SecretId"] == ARN
        return {
            "ARN": ARN,
            "RotationEnabled": True,
            "VersionIdsToStages": {key: version["stages"] for key, version in self.versions.items()},
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()],
        }

    def GetSecretValue(self, request):  # noqa: N802
        version_id, version = self.at_stage(request["VersionStage"])
        if request.get("VersionId", version_id) != version_id or version["value"] is None:
            raise AwsError("ResourceNotFoundException")
        return {
            "ARN": ARN,
            "VersionId": version_id,
            "SecretString": version["value"],
            "CreatedDate": version["created"],
        }

    def PutSecretValue(self, request):  # noqa: N802
        version = self.versions[request["ClientRequestToken"]]
        if version["value"] not in (None, request["SecretString"]):
            raise AwsError("ResourceExistsException")
        version.update(value=request["SecretString"], stages=request["VersionStages"], created=self.clock)
        return {"ARN": ARN, "VersionId": request["ClientRequestToken"]}

    def UpdateSecretVersionStage(self, request):  # noqa: N802
        source, target = (self.versions[request[key]]["stages"] for key in ("RemoveFromVersionId", "MoveToVersionId"))
        if request["VersionStage"] not in source:
            raise AwsError("InvalidParameterException")
        source.remove(request["VersionStage"])
        target.append(request["VersionStage"])
        return {"ARN": ARN}

    def TagResource(self, request):  # noqa: N802
        self.tags.update({tag["Key"]: tag["Value"] for tag in request["Tags"]})
        return {}

    def GetRandomPassword(self, request):  # noqa: N802
        assert request["ExcludePunctuation"]
        return {"RandomPassword": f"{len(self.calls):0{request['PasswordLength']}}"}

    # ECS. Without a client's call, old tasks stay: the test decides when they go.

    def ListTasks(self, request):  # noqa: N802
        assert (request["cluster"], request["serviceName"]) == ("cluster", "service")
        arns = sorted(self.tasks)
        first = int(request.get("nextToken", "0"))
        more = {"nextToken": str(first + 3)} if first + 3 < len(arns) else {}
        return {"taskArns": arns[first : first + 3], **more}

    def DescribeTasks(self, request):  # noqa: N802
        return {
            "tasks": [{"taskArn": arn, "createdAt": self.tasks[arn][0]} for arn in request["tasks"]],
            "failures": [],
        }

    def UpdateService(self, request):  # noqa: N802
        assert request == {"cluster": "cluster", "service": "service", "forceNewDeployment": True}
        created = self.clock
        self.start_tasks(2)
        old, new = {"status": "ACTIVE", "createdAt": 1.0}, {"status": "PRIMARY", "createdAt": created}
        return {"service": {"serviceName": "service", "deployments": [old, new]}}

    # CloudFront.

    def cloudfront(self, method, path, etag, body):
        """Returns (status, ETag, body)."""
        self.calls.append(f"{method} {path.rpartition('/')[2]}")
        if path == f"/2020-05-31/distribution/{DISTRIBUTION}":
            self.looks_left = max(0, self.looks_left - 1)
            if not self.looks_left:
                self.sending = {self.sent()}
            status = "InProgress" if self.looks_left else "Deployed"
            return (
                200,
                str(self.etag),
                f'<Distribution xmlns="{NAMESPACE[1:-1]}"><Status>{status}</Status></Distribution>',
            )
        assert path == f"/2020-05-31/distribution/{DISTRIBUTION}/config"
        if method == "GET":
            return 200, str(self.etag), self.config
        if self.before_put is not None:
            self.before_put, before_put = None, self.before_put
            before_put()
        if etag != str(self.etag):
            return 412, None, "<ErrorResponse><Error><Code>PreconditionFailed</Code></Error></ErrorResponse>"
        self.etag += 1
        self.config = body
        self.sending.add(self.sent())
        self.looks_left = self.looks_until_deployed
        return 200, str(self.etag), body


def serve(stub):
    """Serves the stub on a free port of loopback; returns the server, which is to be shut down and closed."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            assert "/aws4_request" in self.headers["Authorization"], "unsigned"
            target = self.headers.get("X-Amz-Target")
            tag = None
            if target is None:
                status, tag, text = stub.cloudfront(
                    self.command, self.path, self.headers.get("If-Match"), body.decode()
                )
            else:
                try:
                    status, text = 200, json.dumps(stub.call(target.rpartition(".")[2], json.loads(body)))
                except AwsError as error:
                    status, text = 400, json.dumps({"__type": str(error), "message": str(error)})
            self.send_response(status)
            if tag is not None:
                self.send_header("ETag", tag)
            self.send_header("Content-Type", "application/x-amz-json-1.1" if target else "text/xml")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PUT = answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


def begin_rotation(stub):
    """Returns the token of a new rotation, whose version is pending and empty, as Secrets Manager makes it."""
    token = f"rotation-{time.monotonic_ns():023}"
    for version in stub.versions.values():
        if "AWSPENDING" in version["stages"]:
            version["stages"].remove("AWSPENDING")
    stub.versions[token] = {"value": None, "stages": ["AWSPENDING"], "created": stub.clock}
    return token
