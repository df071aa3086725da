"""The admin API of both programs when descriptors run out, and when they are free again."""

import os
import resource
import socket
import unittest

import grpc

from tests.support.eventually import PATIENCE, eventually
from tests.support.places import free_port, outputs_dir
from tests.support.stack import Chat, Sidecar, started

DESCRIPTORS = 120
TOKEN = "0123456789abcdef"
SERVING = b"\x08\x01"
# Ends before a listener that pauses accepts again; no answer can come in that time, however fast the machine is.
NO_PATIENCE = 1


class AdminDescriptors:
    """What holds of both programs."""

    def setUp(self):
        tokens = os.path.join(outputs_dir(), f"{self.id()}.tokens")
        with open(tokens, "w", encoding="ascii") as file:
            file.write(TOKEN)
        self.tcp = f"127.0.0.1:{free_port()}"
        tcp = {"listen": self.tcp, "bearer_token_file": tokens}
        self.program = started(self, self.make_program({"admin": {"tcp": tcp}}))

    def check(self, target, timeout):
        """The code of a call on a connection of its own; None if it was served."""
        with grpc.insecure_channel(target, [("grpc.use_local_subchannel_pool", 1)]) as channel:
            call = channel.unary_unary("/grpc.health.v1.Health/Check")
            try:
                answer = call(b"", timeout=timeout, metadata=[("authorization", f"Bearer {TOKEN}")])
            except grpc.RpcError as error:
                return error.code()
        self.assertEqual(answer, SERVING)
        return None

    def exhaust(self):
        """Connections to the program that take all its descriptors but the ones of these connections themselves."""
        resource.prlimit(self.program.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        idle = [socket.create_connection(("127.0.0.1", self.program.port), PATIENCE) for _ in range(DESCRIPTORS)]
        for connection in idle:
            self.addCleanup(connection.close)
        eventually(lambda: len(os.listdir(f"/proc/{self.program.pid}/fd")) >= DESCRIPTORS, "no descriptor is left")
        return idle

    def test_it_answers_again_once_descriptors_are_free(self):
        targets = {"socket": f"unix:{self.program.admin_socket}", "tcp": self.tcp}
        for name, target in targets.items():
            self.assertIsNone(self.check(target, PATIENCE), name)
        idle = self.exhaust()
        for name, target in targets.items():
            self.assertIsNotNone(self.check(target, NO_PATIENCE), f"{name}: it has no descriptor for the connection")
        for connection in idle:
            connection.close()
        eventually(lambda: len(os.listdir(f"/proc/{self.program.pid}/fd")) < DESCRIPTORS // 2, "descriptors are free")
        for name, target in targets.items():
            eventually(lambda target=target: self.check(target, PATIENCE) is None, f"{name} answers again")
        self.assertEqual(self.program.terminate(), 0)


class ChatAdminDescriptorsTest(AdminDescriptors, unittest.TestCase):
    def make_program(self, config):
        return Chat(config)


class SidecarAdminDescriptorsTest(AdminDescriptors, unittest.TestCase):
    def make_program(self, config):
        return Sidecar(free_port(), config)


if __name__ == "__main__":
    unittest.main()
