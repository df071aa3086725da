"""Certificates of the admin API that are rotated under running programs, as gRPC clients with certificates see them."""

import os
import signal
import socket
import ssl
import unittest

import grpc

from api.admin.v1 import chat_admin_pb2 as chat_api
from api.admin.v1 import chat_admin_pb2_grpc as chat_grpc
from api.admin.v1 import sidecar_admin_pb2 as sidecar_api
from api.admin.v1 import sidecar_admin_pb2_grpc as sidecar_grpc
from tests.support.eventually import PATIENCE, eventually
from tests.support.identity import make_identity
from tests.support.places import free_port, outputs_dir
from tests.support.stack import Chat, Sidecar, started

UNKNOWN = "connections/00000000-0000-4000-8000-000000000000"
SERVING = b"\x08\x01"


class AdminTls:
    """The facts about both programs. Everybody is his own authority: see make_identity."""

    def setUp(self):
        self.folder = os.path.join(outputs_dir(), self.id().replace(".", "-"))
        os.makedirs(self.folder)
        for name in ("first", "second", "alice", "bob"):
            make_identity(self.folder, name)
        self.tcp = f"127.0.0.1:{free_port()}"
        files = {"certificate_file": "shown.crt", "private_key_file": "shown.key", "client_ca_file": "ca"}
        self.put("first.crt", "shown.crt")
        self.put("first.key", "shown.key")
        self.put("alice.crt", "ca")
        tcp = {"listen": self.tcp} | {field: self.path(name) for field, name in files.items()}
        self.program = started(self, self.make_program({"admin": {"tcp": tcp}}))

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def write(self, name, content):
        """Replaces the file at once, as rsync and editors do."""
        with open(self.path(name + ".new"), "wb") as file:
            file.write(content)
        os.rename(self.path(name + ".new"), self.path(name))

    def put(self, source, name):
        self.write(name, self.read(source))

    def connect(self, client, server):
        """A channel with a connection of its own, of a client that trusts `server` only."""
        credentials = grpc.ssl_channel_credentials(
            self.read(f"{server}.crt"), self.read(f"{client}.key"), self.read(f"{client}.crt")
        )
        channel = grpc.secure_channel(self.tcp, credentials, [("grpc.use_local_subchannel_pool", 1)])
        self.addCleanup(channel.close)
        return channel

    def serves(self, channel):
        try:
            return channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=PATIENCE) == SERVING
        except grpc.RpcError as error:
            self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
            return False

    def shown(self, client="alice"):
        """Returns the name in the certificate that a new connection gets."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(self.path(f"{client}.crt"), self.path(f"{client}.key"))
        host, port = self.tcp.split(":")
        with socket.create_connection((host, int(port)), PATIENCE) as plain:
            with context.wrap_socket(plain) as connection:
                certificate = connection.getpeercert(binary_form=True)
        (name,) = [name for name in ("first", "second") if name.encode() in certificate]
        return name

    def reloads(self, result):
        return self.program.metric(f'viaduct_reloads_total{{source="admin_certificate",result="{result}"}}')

    def stale(self):
        return self.program.metric('viaduct_config_stale{source="admin_certificate"}')

    def logged(self, msg):
        lines = [entry for entry in self.program.log_entries() if entry["msg"] == msg]
        return [entry for entry in lines if entry["source"] == "admin_certificate"]

    def wait_for_reload(self, result, count=1):
        eventually(lambda: self.reloads(result) >= count, lambda: self.program.log()[-2000:])

    def test_a_new_certificate_is_for_new_connections(self):
        old = self.connect("alice", "first")
        self.assertTrue(self.serves(old))
        self.assertEqual(self.shown(), "first")
        expiry = self.program.metric("viaduct_admin_certificate_expiry_seconds")
        self.put("second.crt", "shown.crt")
        self.put("second.key", "shown.key")
        self.wait_for_reload("ok")
        self.assertEqual(self.shown(), "second")
        self.assertGreaterEqual(self.program.metric("viaduct_admin_certificate_expiry_seconds"), expiry)
        self.assertTrue(self.serves(self.connect("alice", "second")))
        self.assertFalse(self.serves(self.connect("alice", "first")))
        self.assertTrue(self.serves(old), "it would not trust the new certificate: the connection is the old one")
        self.assertFalse(self.serves(self.connect("bob", "second")), "whom to trust has not changed")
        eventually(lambda: self.logged("reloaded"), "it is told")

    def test_what_is_broken_changes_nothing_and_is_told_once(self):
        old = self.connect("alice", "first")
        self.assertTrue(self.serves(old))
        good = self.read("shown.crt")
        for count, (name, content, rule) in enumerate(
            (
                ("shown.crt", b"garbage", "is not a PEM certificate chain"),
                ("shown.crt", good[: len(good) // 2], "is not a PEM certificate chain"),
                ("shown.key", self.read("second.key"), "is not the PEM key of the certificate"),
                ("ca", b"", "is empty"),
                ("ca", None, "cannot be read"),
            ),
            1,
        ):
            with self.subTest(name=name, rule=rule):
                before = self.read(name)
                if content is None:
                    os.remove(self.path(name))
                else:
                    self.write(name, content)
                self.wait_for_reload("failed", count)
                eventually(lambda: self.stale() == 1, "it is told as stale")
                line = eventually(lambda count=count: len(self.logged("reload failed")) == count, "the reason")
                line = self.logged("reload failed")[-1]
                self.assertEqual(line["level"], "warn")
                self.assertIn(f'"{self.path(name)}": {rule}', line["error"])
                self.assertEqual(self.shown(), "first")
                self.assertTrue(self.serves(self.connect("alice", "first")))
                self.assertFalse(self.serves(self.connect("bob", "first")))
                self.write(name, before)
                self.wait_for_reload("ok", count)
                eventually(lambda: self.stale() == 0, "it is told as fresh")
        self.assertTrue(self.serves(old))
        self.assertNotIn("PRIVATE KEY", self.program.log())

    def test_another_authority_of_clients_is_for_new_connections(self):
        old = self.connect("alice", "first")
        self.assertTrue(self.serves(old))
        self.assertFalse(self.serves(self.connect("bob", "first")))
        self.write("ca", self.read("alice.crt") + self.read("bob.crt"))
        self.wait_for_reload("ok")
        self.assertTrue(self.serves(self.connect("alice", "first")))
        self.assertTrue(self.serves(self.connect("bob", "first")))
        self.put("bob.crt", "ca")
        self.wait_for_reload("ok", 2)
        self.assertFalse(self.serves(self.connect("alice", "first")))
        self.assertTrue(self.serves(self.connect("bob", "first")))
        self.assertTrue(self.serves(old))

    def test_a_signal_reads_it_again(self):
        self.program.signal(signal.SIGHUP)
        self.wait_for_reload("ok")
        eventually(lambda: self.logged("reloaded"), "it is told")
        self.put("second.crt", "shown.crt")
        self.put("second.key", "shown.key")
        self.program.signal(signal.SIGHUP)
        eventually(lambda: self.shown() == "second", "the new certificate")


class ChatAdminTlsTest(AdminTls, unittest.TestCase):
    def make_program(self, config):
        return Chat(config)

    def audit(self):
        return [entry for entry in self.program.log_entries() if entry["msg"] == "admin call"]

    def close(self, channel):
        """Makes a call that is audited; returns its audit line."""
        count = len(self.audit())
        with self.assertRaises(grpc.RpcError) as caught:
            request = chat_api.CloseConnectionRequest(name=UNKNOWN)
            chat_grpc.ChatAdminStub(channel).CloseConnection(request, timeout=PATIENCE)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)
        eventually(lambda: len(self.audit()) > count, "the audit line")
        return self.audit()[-1]

    def test_the_audit_names_the_certificate_before_and_after(self):
        old = self.connect("alice", "first")
        before = self.close(old)
        self.assertEqual((before["caller"], before["callerName"]), ("certificate", "alice"))
        watch = chat_grpc.ChatAdminStub(old).WatchEvents(chat_api.WatchEventsRequest(), timeout=PATIENCE)
        self.assertTrue(next(watch).HasField("started"))
        for name in ("crt", "key"):
            self.put(f"second.{name}", f"shown.{name}")
        self.put("bob.crt", "ca")
        eventually(lambda: self.shown("bob") == "second" and self.serves(self.connect("bob", "second")), "all is new")
        after = self.close(self.connect("bob", "second"))
        self.assertEqual((after["caller"], after["callerName"]), ("certificate", "bob"))
        again = self.close(old)
        self.assertEqual((again["callerName"], again["peer"]), ("alice", before["peer"]), "the same connection")
        self.assertTrue(watch.is_active())
        watch.cancel()


class SidecarAdminTlsTest(AdminTls, unittest.TestCase):
    def make_program(self, config):
        return Sidecar(free_port(), config)

    def test_an_operators_reload_waits_for_it(self):
        with grpc.insecure_channel(f"unix:{self.program.admin_socket}") as channel:
            admin = sidecar_grpc.SidecarAdminStub(channel)
            admin.Reload(sidecar_api.ReloadRequest(), timeout=PATIENCE)
            self.write("shown.key", b"garbage")
            with self.assertRaises(grpc.RpcError) as caught:
                admin.Reload(sidecar_api.ReloadRequest(), timeout=PATIENCE)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.FAILED_PRECONDITION)
            self.assertIn("admin_certificate: admin.tcp.private_key_file", caught.exception.details())
            self.put("second.crt", "shown.crt")
            self.put("second.key", "shown.key")
            admin.Reload(sidecar_api.ReloadRequest(), timeout=PATIENCE)
        self.assertEqual(self.shown(), "second")


if __name__ == "__main__":
    unittest.main()
