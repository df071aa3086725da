"""Nothing secret reaches an output: values of queries, and what stands in a config where a secret's place belongs."""

import os
import subprocess
import unittest

from tests.support.edge_request import RawClient, UPGRADE_HEADERS, head
from tests.support.eventually import PATIENCE, eventually
from tests.support.identity import make_identity
from tests.support.places import free_port, outputs_dir, runfile
from tests.support.stack import Chat, Sidecar, started
from tests.support.viewers import Viewers

SECRET = "Correct-Horse-Battery_Staple"
BAD_CONFIG = 64
TARGET = f"/websocket?token={SECRET}&room=blue&{SECRET}&sig={SECRET};flag={SECRET}"


class QueryTest(unittest.TestCase):
    def start(self, log):
        self.chat = started(self, Chat({"log": log}))
        self.sidecar = started(self, Sidecar(self.chat.port, {"log": log}))

    def ctl(self, program, *arguments, text=""):
        """What viaductctl prints, for people and for scripts."""
        printed = ""
        for form in ((), ("--json",)):
            command = [runfile("ctl/viaductctl"), *arguments, *form, "--endpoint", f"unix:{program.admin_socket}"]
            done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}")
            printed += done.stdout + done.stderr
        return printed

    def outputs(self):
        """All that both programs tell of a viewer, a plain request and a refused one, by where it stands."""
        viewers = Viewers(self.sidecar.port, TARGET)
        self.addCleanup(viewers.stop)
        _, connection = viewers.open()
        plain = [field for field in UPGRADE_HEADERS if field[0] not in ("upgrade", "connection")]
        for headers in (plain, [("host", "elsewhere")]):
            with RawClient(self.sidecar.port, head(headers, TARGET)) as client:
                self.assertIn(client.status(), (403, 426))
        requests = lambda: [entry for entry in self.sidecar.log_entries() if "target" in entry]
        eventually(lambda: len(requests()) >= 2, "both requests are logged")
        eventually(lambda: any("url" in entry for entry in self.chat.log_entries()), "the connection is logged")
        tunnels = self.ctl(self.sidecar, "sidecar", "tunnels", "list")
        explained = ("explain", "--peer", "127.0.0.1", "--raw", "-")
        outputs = {
            "tunnels": tunnels,
            "explain": self.ctl(self.sidecar, *explained, text=head(UPGRADE_HEADERS, TARGET).decode()),
            "connections": self.ctl(self.chat, "connections", "list"),
            "connection": self.ctl(self.chat, "connections", "get", connection.split("/")[1]),
            "sidecar metrics": self.sidecar.metrics(),
            "chat metrics": self.chat.metrics(),
        }
        viewers.run(viewers._leave())  # pylint: disable=protected-access
        eventually(lambda: [e for e in requests() if e["status"] == 101], "the tunnel is logged")
        return outputs | {"sidecar log": self.sidecar.log(), "chat log": self.chat.log()}

    def test_values_are_shown_nowhere_and_names_stay(self):
        self.start({})
        outputs = self.outputs()
        for place, output in outputs.items():
            self.assertNotIn(SECRET, output, place)
        shown = "/websocket?token=***&room=***&***&sig=***;flag=***"
        self.assertIn(f'"target":"{shown}"', outputs["sidecar log"])
        self.assertIn(f'"url":"{shown}"', outputs["chat log"])
        self.assertNotIn("blue", outputs["sidecar log"] + outputs["chat log"] + outputs["tunnels"])

    def test_values_of_listed_names_are_shown(self):
        self.start({"shown_query_parameters": ["room"]})
        outputs = self.outputs()
        for place, output in outputs.items():
            self.assertNotIn(SECRET, output, place)
        for place in ("sidecar log", "chat log"):
            self.assertIn('"/websocket?token=***&room=blue&***&sig=***;flag=***"', outputs[place])
        self.assertIn("blue", outputs["tunnels"])


class ConfigTest(unittest.TestCase):
    """A secret that stands in a config where a mapping, a name or a path belongs."""

    def refused(self, program, place):
        """Checks the program's config, which must be wrong at `place`, and that nothing of the secret is shown."""
        done = program.run("--check")
        printed = (done.stdout + done.stderr).decode()
        self.assertEqual(done.returncode, BAD_CONFIG, printed)
        self.assertNotIn(SECRET, printed)
        self.assertIn(place, printed)

    def test_the_sidecar_does_not_repeat_it(self):
        certificate, _ = make_identity(outputs_dir(), "sidecar")
        good = {"name": "current", "file": certificate}
        for place, config in (
            ("vpc_origin", {"vpc_origin": SECRET}),
            ("vpc_origin.secret", {"vpc_origin": {"secret": SECRET}}),
            ("vpc_origin.secret", {"vpc_origin": {"secret": [SECRET]}}),
            ("vpc_origin.secret", {"vpc_origin": {"secret": {SECRET: None}}}),
            ("vpc_origin.secret.header", {"vpc_origin": {"secret": {"header": SECRET, "sources": [good]}}}),
            ("vpc_origin.secret.sources", {"vpc_origin": {"secret": {"sources": SECRET}}}),
            ("vpc_origin.secret.sources[0]", {"vpc_origin": {"secret": {"sources": [SECRET]}}}),
            ("vpc_origin.secret.sources[0]", {"vpc_origin": {"secret": {"sources": [{SECRET: SECRET}]}}}),
            ("vpc_origin.secret.sources[0].file", {"vpc_origin": {"secret": {"sources": [good | {"file": SECRET}]}}}),
            (
                "vpc_origin.secret.sources[0].environment",
                {"vpc_origin": {"secret": {"sources": [{"name": "current", "environment": SECRET}]}}},
            ),
            (
                "vpc_origin.secret.sources[0].format",
                {"vpc_origin": {"secret": {"sources": [good | {"format": SECRET}]}}},
            ),
            ("listener_tls", {"listener_tls": SECRET}),
            (
                "listener_tls.private_key_file",
                {"listener_tls": {"certificate_file": certificate, "private_key_file": SECRET}},
            ),
            ("admin.tcp", {"admin": {"tcp": SECRET}}),
            ("admin.tcp.bearer_token_file", {"admin": {"tcp": {"listen": "127.0.0.1:0", "bearer_token_file": SECRET}}}),
            ("edge_ranges.refresh.url", {"vpc_origin": {"edge_ranges": {"refresh": {"url": f"http://a/?b={SECRET}"}}}}),
            ("edge_ranges.refresh.url", {"vpc_origin": {"edge_ranges": {"refresh": {"url": f"ftp://a:{SECRET}@b/"}}}}),
            ("upstream.address", {"upstream": {"address": f"http://a:{SECRET}@127.0.0.1:80"}}),
        ):
            with self.subTest(config=config):
                self.refused(Sidecar(free_port(), config), place)

    def test_a_name_that_is_none_is_not_repeated(self):
        value = os.path.join(outputs_dir(), "value")
        with open(value, "w", encoding="ascii") as file:
            file.write("0123456789abcdef")
        sources = [{"name": SECRET, "file": value}]
        self.refused(Sidecar(free_port(), {"vpc_origin": {"secret": {"sources": sources}}}), "secret.sources")

    def test_the_chat_does_not_repeat_it(self):
        for place, config in (
            ("broker", {"broker": SECRET}),
            ("broker.redis", {"broker": {"redis": f"redis://:{SECRET}@127.0.0.1"}}),
            ("broker.redis.address", {"broker": {"redis": {"address": f"redis://:{SECRET}@127.0.0.1:6379"}}}),
            ("broker.redis.address", {"broker": {"redis": {"address": f"default:{SECRET}@127.0.0.1:6379"}}}),
            ("broker.redis.password_file", {"broker": {"redis": {"address": "a:1", "password_file": SECRET}}}),
            ("broker.redis.password_file", {"broker": {"redis": {"address": "a:1", "password_file": [SECRET]}}}),
            ("broker.redis.password_env", {"broker": {"redis": {"address": "a:1", "password_env": SECRET}}}),
            ("admin.tcp.bearer_token_file", {"admin": {"tcp": {"listen": "127.0.0.1:0", "bearer_token_file": SECRET}}}),
        ):
            with self.subTest(config=config):
                self.refused(Chat(config), place)


if __name__ == "__main__":
    unittest.main()
