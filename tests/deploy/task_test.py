"""The task, run for real: the images of the built programs as containers of deploy/ecs/task-definition.json, on runc.

Runs in a network namespace of its own, which is the task's, and as root; run.py sees to both. VIADUCT_SIDECAR and
VIADUCT_CHAT are the programs' paths.
"""

import http.server
import json
import os
import shutil
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, ROOT)

from deploy.image import mkimage, mkroot  # noqa: E402
from tests.deploy.container import Container, Image  # noqa: E402
from tests.support.ecs_agent import TASK_ID, ZONE, EcsAgent  # noqa: E402
from tests.support.edge_request import HOST, UPGRADE_HEADERS, RawClient, changed, head  # noqa: E402
from tests.support.eventually import eventually  # noqa: E402
from tests.support.identity import make_identity  # noqa: E402

PROGRAMS = {"sidecar": os.environ["VIADUCT_SIDECAR"], "chat": os.environ["VIADUCT_CHAT"]}
DEFINITION = os.path.join(ROOT, "deploy", "ecs", "task-definition.json")
# An address of the balancer's subnets in the definition, and one of the tasks'.
BALANCER, NEIGHBOUR = "10.0.0.10", "10.0.8.10"
PORT = 8080
CURRENT, NEXT = "c" * 48, "n" * 48
# A masked Close 1012.
CLOSE_ANSWER = bytes([0x88, 0x82]) + bytes(4) + struct.pack(">H", 1012)


def task_definition(changes):
    """Returns the definition's containers by name, with the host, a drain of seconds, and changes of `vpc_origin`."""
    with open(DEFINITION, encoding="utf-8") as file:
        text = file.read().replace("DISTRIBUTION_DOMAIN", HOST)
    containers = {each["name"]: each for each in json.loads(text)["containerDefinitions"]}
    for container in containers.values():
        for variable in container["environment"]:
            config = json.loads(variable["value"])
            if "drain" in config:
                config["drain"].update({"spread": "1s", "accept_window": "1s"})
                config["vpc_origin"].update(changes)
            variable["value"] = json.dumps(config)
    return containers


class Images:
    """The images of the programs, unpacked."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="viaduct-task-")
        self.settings, self.roots = {}, {}
        for name, program in PROGRAMS.items():
            root, path = os.path.join(self.folder, f"{name}-root"), os.path.join(self.folder, f"{name}.tar")
            mkimage.make(root, mkroot.make(program, root), path)
            image = Image(path)
            self.settings[name] = image.settings
            self.roots[name] = os.path.join(self.folder, name)
            image.unpack(self.roots[name])


images = None


def setUpModule():  # noqa: N802
    global images
    images = Images()
    unittest.addModuleCleanup(shutil.rmtree, images.folder)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (BALANCER, NEIGHBOUR):
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)


class TaskCase(unittest.TestCase):
    """A running task."""

    def setUp(self):
        self.agent = EcsAgent()
        self.enterContext(self.agent)
        self.definitions = task_definition(self.changes())
        self.place = tempfile.mkdtemp(dir=images.folder)
        self.volume = os.path.join(self.place, "run")
        self.give_volume()
        self.chat = self.start("chat", {})
        secret = json.dumps({"HEADERVALUE": CURRENT, "NEXTVALUE": NEXT})
        self.sidecar = self.start("sidecar", {"VIADUCT_ORIGIN_SECRET": secret})

    def changes(self):
        """Returns changes of the sidecar's `vpc_origin`."""
        return {}

    def give_volume(self):
        """Makes the shared folder as Fargate does: with the owner and mode that it has in an image that declares it."""
        (path,) = images.settings["sidecar"]["Volumes"]
        of_image = os.stat(images.roots["sidecar"] + path)
        os.mkdir(self.volume)
        os.chown(self.volume, of_image.st_uid, of_image.st_gid)
        os.chmod(self.volume, of_image.st_mode & 0o7777)

    def start(self, name, secrets):
        definition = self.definitions[name]
        self.assertEqual({each["name"] for each in definition.get("secrets", [])}, set(secrets))
        environment = {**self.agent.environment, **secrets}
        settings, root = images.settings[name], images.roots[name]
        container = Container(definition, settings, root, self.place, self.volume, environment)
        self.addCleanup(container.remove)
        eventually(lambda: container.healthy() or not container.running(), f"{name} is healthy")
        self.assertTrue(container.running(), container.log())
        return container

    def viewer(self, secret=CURRENT, address=BALANCER):
        headers = UPGRADE_HEADERS + ([("x-origin-verify", secret)] if secret else [])
        viewer = RawClient(PORT, head(headers), address)
        self.addCleanup(viewer.__exit__, None, None, None)
        return viewer

    def open(self):
        viewer = self.viewer()
        self.assertEqual(viewer.status(), 101)
        return viewer


class TaskTest(TaskCase):
    def test_a_tunnel_passes_and_a_stop_says_1012_before_the_chat_ends(self):
        viewer = self.open()
        welcome = json.loads(viewer.read_frame()[1])
        self.assertEqual(welcome["type"], "welcome")
        viewer.send_text("hello from a container")
        self.assertEqual(json.loads(viewer.read_frame()[1])["message"], "hello from a container")
        eventually(lambda: [call.enabled for call in self.agent.calls] == [True], "the task is protected")

        self.sidecar.terminate()
        opcode, payload = viewer.read_frame()
        self.assertEqual((opcode, payload[:2]), (8, struct.pack(">H", 1012)))
        viewer.send(CLOSE_ANSWER)
        self.assertEqual(self.sidecar.wait(), 0)
        self.assertTrue(self.chat.running(), "the chat lives until the sidecar has drained")
        self.assertEqual([call.enabled for call in self.agent.calls], [True, False])
        self.assertIn("drained", {each["msg"] for each in self.sidecar.entries()})
        self.chat.terminate()
        self.assertEqual(self.chat.wait(), 0)

    def test_log_lines_name_the_task(self):
        self.open()
        self.sidecar.terminate()
        self.assertEqual(self.sidecar.wait(), 0)
        entries = self.sidecar.entries()
        self.assertEqual({(each["task"], each["availabilityZone"]) for each in entries}, {(TASK_ID, ZONE)})

    def test_both_values_of_the_secret_pass_and_nothing_else_does(self):
        self.assertEqual(self.viewer(CURRENT).status(), 101)
        self.assertEqual(self.viewer(NEXT).status(), 101)
        self.assertEqual(self.viewer("w" * 48).status(), 403)
        self.assertEqual(self.viewer(None).status(), 403)
        reasons = lambda: [each["denyReason"] for each in self.sidecar.entries() if "denyReason" in each]  # noqa: E731
        eventually(lambda: reasons() == ["secret_wrong", "secret_missing"], lambda: str(reasons()))

    def test_a_neighbour_of_the_task_is_not_the_balancer(self):
        self.assertEqual(self.viewer(address=NEIGHBOUR).status(), 403)

    def test_the_balancer_is_told_the_health(self):
        request = head([("host", BALANCER), ("user-agent", "ELB-HealthChecker/2.0")], "/healthz")

        def status():
            with RawClient(PORT, request, BALANCER) as balancer:
                return balancer.status()

        self.assertEqual(status(), 200)
        self.chat.terminate()
        self.assertEqual(self.chat.wait(), 0)
        eventually(lambda: status() == 503, "503 while the chat is down")

    def test_the_programs_run_without_rights(self):
        for container in (self.chat, self.sidecar):
            status = container.status()
            self.assertEqual(status["Uid"].split(), ["65532"] * 4)
            self.assertEqual(status["Gid"].split(), ["65532"] * 4)
            self.assertEqual({status[each] for each in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}, {"0" * 16})
            self.assertEqual(status["NoNewPrivs"], "1")
            mounts = container.mounts()
            self.assertIn("ro", mounts["/"])
            self.assertIn("rw", mounts["/run/viaduct"])

    def test_another_page_and_another_host_are_refused(self):
        for name, value in (("origin", "https://evil.example"), ("host", "other.example")):
            headers = changed(UPGRADE_HEADERS, name, value) + [("x-origin-verify", CURRENT)]
            with RawClient(PORT, head(headers), BALANCER) as viewer:
                self.assertEqual(viewer.status(), 403)


class TrustTest(TaskCase):
    """A server whose authority is in the image's bundle, and in nothing else that the program could read."""

    def changes(self):
        folder = tempfile.mkdtemp(dir=images.folder)
        certificate, key = make_identity(folder, "authority")
        bundle = os.path.join(images.roots["sidecar"], "etc/ssl/certs/ca-certificates.crt")
        with open(bundle, "rb") as file:
            self.addCleanup(self.write, bundle, file.read())
        with open(certificate, "rb") as file:
            self.write(bundle, file.read())

        self.asked = asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"https://127.0.0.1:{server.server_port}/ranges.json"
        return {"edge_ranges": {"refresh": {"url": url}}}

    @staticmethod
    def write(path, content):
        with open(path, "wb") as file:
            file.write(content)

    def test_openssl_finds_the_bundle(self):
        eventually(lambda: self.asked, lambda: self.sidecar.log())
        self.assertEqual(self.asked[0], "/ranges.json")


if __name__ == "__main__":
    unittest.main()
