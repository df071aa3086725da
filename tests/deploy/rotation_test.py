"""The rotation of the origin secret (deploy/cdk/rotation/rotate.py) against stand-ins for AWS.

Needs boto3; tests/deploy/run.py gives it.
"""

import importlib.util
import json
import os
import sys
import unittest
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))

from tests.deploy import aws_stub  # noqa: E402

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
A, B = "a" * 48, "b" * 48


def load():
    path = os.path.join(
        os.environ.get("VIADUCT_ROTATION", os.path.join(HERE, "../../deploy/cdk/rotation")), "rotate.py"
    )
    spec = importlib.util.spec_from_file_location("rotate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Context:
    """What Lambda gives a call: the time that is left."""

    def __init__(self, milliseconds=900_000):
        self.milliseconds = milliseconds

    def get_remaining_time_in_millis(self):
        return self.milliseconds


class RotationTest(unittest.TestCase):
    def start(self, secret):
        self.stub = aws_stub.AwsStub(secret)
        server = aws_stub.serve(self.stub)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{server.server_address[1]}"
        environment = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ENDPOINT_URL_CLOUDFRONT": url,
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_MAX_ATTEMPTS": "1",
            "NO_PROXY": "127.0.0.1",
            "DISTRIBUTION": aws_stub.DISTRIBUTION,
            "CLUSTER": "cluster",
            "SERVICE": "service",
            "HEADER": "X-Origin-Verify",
            "CURRENT_KEY": "HEADERVALUE",
            "NEXT_KEY": "NEXTVALUE",
        }
        self.enterContext(mock.patch.dict(os.environ, environment))
        self.rotate = load()
        # The time that passes is CloudFront's, which the stand-in counts in looks.
        self.rotate.LOOK_EVERY = 0

    def step(self, name, token, context=None):
        event = {"Step": name, "SecretId": aws_stub.ARN, "ClientRequestToken": token}
        with mock.patch("builtins.print"):
            self.rotate.handler(event, context or Context())
        self.assert_no_viewer_is_refused()

    def rotation(self, steps=STEPS):
        token = aws_stub.begin_rotation(self.stub)
        for name in steps:
            self.step(name, token)
        return token

    def assert_no_viewer_is_refused(self):
        """Every task knows each value that an edge may send."""
        for _, known in self.stub.tasks.values():
            self.assertLessEqual(self.stub.sending, set(known.values()))

    def old_tasks_leave(self):
        newest = max(created for created, _ in self.stub.tasks.values())
        self.stub.tasks = {arn: task for arn, task in self.stub.tasks.items() if task[0] == newest}

    def current(self):
        return json.loads(self.stub.at_stage("AWSCURRENT")[1]["value"])

    def test_first_rotation_only_adds_the_next_value(self):
        self.start({"HEADERVALUE": A})
        self.rotation()
        self.assertEqual(self.current()["HEADERVALUE"], A)
        self.assertEqual(len(self.current()["NEXTVALUE"]), 48)
        self.assertEqual(self.stub.sent(), A)
        self.assertNotIn("PUT config", self.stub.calls)
        self.assertEqual(self.stub.calls.count("UpdateService"), 1)

    def test_three_rotations_pass_each_value_from_next_to_current(self):
        self.start({"HEADERVALUE": A, "NEXTVALUE": B})
        following = B
        for _ in range(3):
            self.rotation()
            self.assertEqual(self.stub.sent(), following)
            self.assertEqual(self.current()["HEADERVALUE"], following)
            self.assertNotEqual(self.current()["NEXTVALUE"], following)
            following = self.current()["NEXTVALUE"]
            self.old_tasks_leave()

    def test_nothing_but_the_header_changes(self):
        self.start({"HEADERVALUE": A, "NEXTVALUE": B})
        before = self.stub.config
        self.rotation()
        canonical = self.rotate.ElementTree.canonicalize
        self.assertEqual(canonical(self.stub.config), canonical(before.replace(A, B)))
        self.assertIn("<NotInAnySdkYet>keep &amp; me</NotInAnySdkYet>", self.stub.config)

    def test_a_task_that_protects_its_viewers_holds_the_next_rotation_up(self):
        self.start({"HEADERVALUE": A, "NEXTVALUE": B})
        self.rotation()
        # The two tasks of the start are still there. They know A and B, and the next rotation sends a third value.
        token = aws_stub.begin_rotation(self.stub)
        self.step("createSecret", token)
        with self.assertRaisesRegex(self.rotate.NotYet, "2 tasks are older than 1970-.* do not know the next value"):
            self.step("setSecret", token)
        self.assertEqual(self.stub.sent(), B)
        self.old_tasks_leave()
        for name in STEPS:
            self.step(name, token)
        self.assertEqual(self.stub.sent(), self.current()["HEADERVALUE"])

    def test_old_tasks_of_a_later_page_are_found(self):
        self.start({"HEADERVALUE": A, "NEXTVALUE": B})
        self.stub.start_tasks(5)
        self.rotation()
        token = aws_stub.begin_rotation(self.stub)
        self.step("createSecret", token)
        with self.assertRaisesRegex(self.rotate.NotYet, "7 tasks are older"):
            self.step("setSecret", token)

    def test_a_value_put_by_hand_waits_for_new_tasks(self):
        self.start({"HEADERVALUE": A, "NEXTVALUE": B})
        self.rotation()
        self.old_tasks_leave()
        by_hand = {"HEADERVALUE": self.stub.sent(), "NEXTVALUE": "h" * 48}
        self.stub.at_stage("AWSCURRENT")[1]["stages"].remove("AWSCURRENT")
        version = {"value": json.dumps(by_hand), "stages": ["AWSCURRENT"], "created": self.stub.clock}
        self.stub.versions["h" * 32] = version
        token = aws_stub.begin_rotation(self.stub)
        self.step("createSecret", token)
        with self.assertRaises(self.rotate.NotYet):
            self.step("setSecret", token)
        self.stub.start_tasks(2)
        self.old_tasks_leave()
        self.step("setSecret", token)
        self.assertEqual(self.stub.sent(), "h" * 48)

    def test_every_step_may_be_repeated(self):
        self.start({"HEADERVALUE": A, "NEXTVALUE": B})
        token = aws_stub.begin_rotation(self.stub)
        for name in STEPS:
            self.step(name, token)
            self.step(name, token)
        self.assertEqual(self.stub.calls.count("PUT config"), 1)
        self.assertEqual(self.stub.calls.count("UpdateService"), 1)
        pending = self.current()
        for name in STEPS:
            self.step(name, token)
        self.assertEqual(self.current(), pending)

    def test_a_finish_that_failed_midway_still_starts_new_tasks(self):
        for action in ("UpdateSecretVersionStage", "UpdateService", "TagResource"):
            with self.subTest(action):
                self.start({"HEADERVALUE": A, "NEXTVALUE": B})
                token = self.rotation(STEPS[:3])
                self.stub.failing.add(action)
                with self.assertRaisesRegex(Exception, "ThrottlingException"):
                    self.step("finishSecret", token)
                for name in STEPS:
                    self.step(name, token)
                self.assertIn("UpdateService", self.stub.calls)
                self.assertTrue(self.stub.tags["viaduct:known-since"].startswith(token))

    def test_cloudfront_that_takes_too_long_fails_the_test_step(self):
        self.start({"HEADERVALUE": A, "NEXTVALUE": B})
        self.stub.looks_until_deployed = 1000
        token = self.rotation(STEPS[:2])
        with self.assertRaisesRegex(self.rotate.NotYet, "has not deployed"):
            self.step("testSecret", token, Context(milliseconds=20_000))
        self.assertEqual(self.current()["HEADERVALUE"], A)
        self.stub.looks_left = 2
        self.step("testSecret", token)
        self.step("finishSecret", token)
        self.assertEqual(self.current()["HEADERVALUE"], B)

    def test_a_stack_deployed_meanwhile_stops_the_finish(self):
        self.start({"HEADERVALUE": A, "NEXTVALUE": B})
        token = self.rotation(STEPS[:3])
        self.stub.config = self.stub.config.replace(B, A)
        with self.assertRaisesRegex(self.rotate.NotYet, "does not send the pending value"):
            self.step("finishSecret", token)
        self.assertEqual(self.current()["HEADERVALUE"], A)
        for name in STEPS:
            self.step(name, token)
        self.assertEqual(self.stub.sent(), B)

    def test_another_writer_of_the_config_is_not_overwritten(self):
        self.start({"HEADERVALUE": A, "NEXTVALUE": B})

        def other():
            self.stub.config = self.stub.config.replace("keep", "changed")
            self.stub.etag += 1

        self.stub.before_put = other
        token = self.rotation(STEPS[:1])
        with self.assertRaisesRegex(self.rotate.NotYet, "PUT /config: 412"):
            self.step("setSecret", token)
        self.step("setSecret", token)
        self.assertIn("changed &amp; me", self.stub.config)
        self.assertEqual(self.stub.sent(), B)

    def test_no_value_is_printed_or_raised(self):
        self.start({"HEADERVALUE": A, "NEXTVALUE": B})
        self.stub.before_put = lambda: setattr(self.stub, "etag", 7)
        token = aws_stub.begin_rotation(self.stub)
        said = []
        with mock.patch("builtins.print", lambda *words: said.append(" ".join(map(str, words)))):
            for name in STEPS:
                event = {"Step": name, "SecretId": aws_stub.ARN, "ClientRequestToken": token}
                try:
                    self.rotate.handler(event, Context(milliseconds=20_000))
                except self.rotate.NotYet as error:
                    said.append(str(error))
        self.assertGreater(len(said), 4)
        for value in (A, B, json.loads(self.stub.at_stage("AWSPENDING")[1]["value"])["NEXTVALUE"]):
            self.assertNotIn(value, "\n".join(said))

    def test_a_header_that_no_origin_sends_is_an_error(self):
        self.start({"HEADERVALUE": A, "NEXTVALUE": B})
        self.stub.config = self.stub.config.replace("x-origin-verify", "x-else")
        token = aws_stub.begin_rotation(self.stub)
        event = {"SecretId": aws_stub.ARN, "ClientRequestToken": token}
        with mock.patch("builtins.print"):
            self.rotate.handler({"Step": "createSecret", **event}, Context())
            with self.assertRaisesRegex(ValueError, "0 origins send the header"):
                self.rotate.handler({"Step": "setSecret", **event}, Context())

    def test_an_unknown_version_or_step_is_an_error(self):
        self.start({"HEADERVALUE": A})
        with self.assertRaisesRegex(ValueError, "no version"):
            self.step("createSecret", "0" * 32)
        with self.assertRaisesRegex(ValueError, "unknown step"):
            self.step("otherSecret", aws_stub.begin_rotation(self.stub))


if __name__ == "__main__":
    unittest.main()
