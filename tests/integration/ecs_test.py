"""The sidecar as a part of an ECS task, whose agent is played by tests/support/ecs_agent.py."""

import socket
import unittest

from tests.support.ecs_agent import TASK_ID, ZONE, EcsAgent
from tests.support.edge_request import UPGRADE_HEADERS, RawClient, head
from tests.support.places import free_port
from tests.support.stack import Sidecar


class EcsTest(unittest.TestCase):
    def start_sidecar(self, config=None, environment=None):
        sidecar = Sidecar(free_port(), config, environment=environment)
        self.addCleanup(sidecar.stop)
        sidecar.start()
        return sidecar

    def start_agent(self):
        agent = EcsAgent()
        agent.__enter__()
        self.addCleanup(agent.__exit__, None, None, None)
        return agent

    def test_every_log_line_tells_task_and_zone(self):
        sidecar = self.start_sidecar(environment=self.start_agent().environment)
        with RawClient(sidecar.port, head(UPGRADE_HEADERS)) as viewer:
            self.assertEqual(viewer.status(), 502)
        self.assertEqual(sidecar.terminate(), 0)
        entries = sidecar.log_entries()
        self.assertIn("request", [entry["msg"] for entry in entries])
        self.assertIn("drained", [entry["msg"] for entry in entries])
        for entry in entries:
            self.assertEqual((entry.get("task"), entry.get("availabilityZone")), (TASK_ID, ZONE), entry)

    def test_without_the_variable_lines_tell_no_task(self):
        sidecar = self.start_sidecar()
        for entry in sidecar.log_entries():
            self.assertNotIn("task", entry)

    def test_metadata_that_cannot_be_had_is_a_warning(self):
        agent = self.start_agent()
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        for uri, error in [
            (f"http://127.0.0.1:{silent.getsockname()[1]}", "no answer in time"),
            (f"http://127.0.0.1:{free_port()}", "Connection refused"),
            (f"http://127.0.0.1:{agent.port}/nowhere", "status 404"),
            ("nonsense", "must be http://"),
        ]:
            with self.subTest(uri=uri):
                sidecar = self.start_sidecar(environment={"ECS_CONTAINER_METADATA_URI_V4": uri})
                warning = [entry for entry in sidecar.log_entries() if entry["msg"] == "no metadata of the ECS task"]
                self.assertEqual([(entry["level"], entry["uri"]) for entry in warning], [("warn", uri)])
                self.assertIn(error, warning[0]["error"])


if __name__ == "__main__":
    unittest.main()
