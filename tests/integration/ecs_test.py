"""The sidecar as a part of an ECS task, whose agent is played by tests/support/ecs_agent.py."""

import re
import signal
import socket
import time
import unittest

from tests.support.ecs_agent import TASK_ID, ZONE, EcsAgent
from tests.support.edge_request import UPGRADE_HEADERS, RawClient, head
from tests.support.eventually import eventually
from tests.support.places import free_port
from tests.support.stack import Chat, Sidecar

# Time for the first check for a tunnel, and for a call under way.
SHORT = 0.5


def lines_of(sidecar, message):
    return [entry for entry in sidecar.log_entries() if entry["msg"] == message]


def wait_for_line(sidecar, message):
    """Returns the first line with that message. Lines reach the log a moment after the event."""
    return eventually(lambda: lines_of(sidecar, message), lambda: f"{message}: {sidecar.log()}")[0]


class EcsMetadataTest(unittest.TestCase):
    def start_sidecar(self, config=None, environment=None):
        sidecar = Sidecar(free_port(), config, environment=environment)
        self.addCleanup(sidecar.stop)
        sidecar.start()
        wait_for_line(sidecar, "listening")
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
                warning = wait_for_line(sidecar, "no metadata of the ECS task")
                self.assertEqual((warning["level"], warning["uri"]), ("warn", uri))
                self.assertIn(error, warning["error"])


class TaskProtectionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chat = Chat()
        cls.addClassCleanup(cls.chat.stop)
        cls.chat.start()

    def setUp(self):
        self.agent = EcsAgent()
        self.agent.__enter__()
        self.addCleanup(self.agent.__exit__, None, None, None)

    def start_sidecar(self, protection=None, environment=None, config=None):
        settings = {"enabled": True, "idle_hold": "300ms", **(protection or {})}
        config = {"ecs": {"task_protection": settings}, **(config or {})}
        environment = self.agent.environment if environment is None else environment
        self.sidecar = Sidecar(self.chat.port, config, environment=environment)
        self.addCleanup(self.sidecar.stop)
        self.sidecar.start()

    def open_tunnel(self):
        viewer = RawClient(self.sidecar.port, head(UPGRADE_HEADERS))
        self.addCleanup(viewer.__exit__, None, None, None)
        self.assertEqual(viewer.status(), 101)
        return viewer

    def echoed(self, viewer):
        """Returns True if the tunnel works: nothing waits for ECS."""
        viewer.send_text("hello")
        while True:
            frame = viewer.read_frame()
            if frame is None or b'"echo"' in frame[1]:
                return frame is not None

    def metrics(self):
        text = self.sidecar.metrics()
        results = re.findall(r'^viaduct_task_protection_calls_total\{result="(\w+)"\} (\d+)$', text, re.MULTILINE)
        protected = re.findall(r"^viaduct_task_protected (\d)$", text, re.MULTILINE)
        return protected, {result: int(count) for result, count in results if count != "0"}

    def wait_for_protected(self, value):
        eventually(lambda: self.metrics()[0] == [value], lambda: f"protected {value}: {self.metrics()}")

    def wait_for_calls(self, count):
        eventually(lambda: len(self.agent.calls) >= count, lambda: f"{count} calls: {self.agent.calls}")

    def enabled(self):
        return [call.enabled for call in self.agent.calls]

    def failures(self):
        """Returns the logged results, in order."""
        wait_for_line(self.sidecar, "task protection failed")
        return [entry["result"] for entry in lines_of(self.sidecar, "task protection failed")]

    def test_protected_from_the_first_tunnel_to_a_while_after_the_last(self):
        self.start_sidecar()
        time.sleep(SHORT)
        self.assertEqual(self.agent.calls, [])
        first = self.open_tunnel()
        self.wait_for_protected("1")
        second = self.open_tunnel()
        self.assertTrue(self.echoed(second))
        first.__exit__(None, None, None)
        time.sleep(SHORT)
        self.assertEqual([call[1:] for call in self.agent.calls], [(True, 10)])
        closed_at = time.monotonic()
        second.__exit__(None, None, None)
        self.wait_for_protected("0")
        self.assertEqual(self.enabled(), [True, False])
        self.assertGreaterEqual(self.agent.calls[1].at - closed_at, 0.3)
        self.assertEqual(self.metrics()[1], {"done": 2})

    def test_it_is_renewed(self):
        self.start_sidecar({"expires_after": "1m", "renew_interval": "500ms"})
        begin = time.monotonic()
        self.open_tunnel()
        self.wait_for_calls(4)
        self.assertEqual([call[1:] for call in self.agent.calls[:4]], [(True, 1)] * 4)
        for number, call in enumerate(self.agent.calls):
            # Counted from the beginning, because the agent may note a call late.
            self.assertGreaterEqual(call.at - begin, number * 0.5)
        self.assertEqual(self.agent.most_at_once, 1)

    def test_a_drain_gives_it_up_when_the_last_tunnel_is_gone(self):
        drain = {"accept_window": "0s", "spread": "0s", "close_wait": "4s", "timeout": "10s"}
        self.start_sidecar({"idle_hold": "1h"}, config={"drain": drain})
        viewer = self.open_tunnel()
        self.wait_for_protected("1")
        self.sidecar.signal(signal.SIGTERM)
        # This viewer never answers the Close.
        self.assertIsNotNone(viewer.read_frame())
        self.assertEqual(self.enabled(), [True])
        self.assertEqual(self.sidecar.wait(), 0)
        self.assertEqual(self.enabled(), [True, False])

    def test_a_blocked_deployment_keeps_what_there_is_and_is_told_once(self):
        self.start_sidecar({"expires_after": "1m", "renew_interval": "300ms"})
        viewer = self.open_tunnel()
        self.wait_for_protected("1")
        self.agent.answer = EcsAgent.blocked
        eventually(lambda: self.metrics()[1].get("deployment_blocked", 0) >= 2, "two refusals")
        self.assertEqual(self.metrics()[0], ["1"])
        self.assertEqual(self.failures(), ["deployment_blocked"])
        self.agent.answer = EcsAgent.accepted
        done = self.metrics()[1]["done"]
        eventually(lambda: self.metrics()[1]["done"] > done, "a renewal")
        self.assertTrue(self.echoed(viewer))

    def test_whatever_the_agent_answers_tunnels_work_and_calls_back_off(self):
        for answer, result in [
            (EcsAgent.blocked, "deployment_blocked"),
            (EcsAgent.throttled, "throttled"),
            (EcsAgent.denied, "access_denied"),
            (EcsAgent.broken, "bad_answer"),
            (EcsAgent.garbage, "bad_answer"),
            (EcsAgent.silent, "timeout"),
        ]:
            with self.subTest(result=result):
                self.agent.calls.clear()
                self.agent.answer = answer
                self.start_sidecar()
                viewer = self.open_tunnel()
                self.assertTrue(self.echoed(viewer))
                eventually(lambda: self.metrics()[1].get(result, 0) >= 2, lambda: f"two failures: {self.metrics()}")
                self.assertEqual(self.metrics()[0], ["0"])
                self.assertGreaterEqual(self.agent.calls[1].at - self.agent.calls[0].at, 0.45)
                self.assertEqual(self.failures(), [result])
                self.assertTrue(self.echoed(viewer))
                self.agent.answer = EcsAgent.accepted
                self.wait_for_protected("1")
                viewer.__exit__(None, None, None)
                self.wait_for_protected("0")
                self.assertEqual(self.sidecar.terminate(), 0)

    def test_nobody_there_is_told_and_tunnels_work(self):
        nowhere = f"http://127.0.0.1:{free_port()}/api/abc"
        self.start_sidecar(environment={"ECS_AGENT_URI": nowhere})
        viewer = self.open_tunnel()
        eventually(lambda: self.metrics()[1].get("unreachable", 0) >= 2, "two failures")
        self.assertTrue(self.echoed(viewer))
        self.assertEqual(self.failures(), ["unreachable"])
        self.assertEqual(lines_of(self.sidecar, "task protection failed")[0]["detail"], "Connection refused")

    def test_an_agent_that_hangs_holds_up_no_exit(self):
        self.agent.answer = EcsAgent.silent
        self.start_sidecar()
        viewer = self.open_tunnel()
        self.wait_for_calls(1)
        viewer.__exit__(None, None, None)
        begin = time.monotonic()
        self.assertEqual(self.sidecar.terminate(), 0)
        # Two calls of 2 s each, at most.
        self.assertLess(time.monotonic() - begin, 15)

    def test_without_an_agent_it_is_a_warning_and_off(self):
        self.start_sidecar(environment={})
        self.assertTrue(self.echoed(self.open_tunnel()))
        warning = wait_for_line(self.sidecar, "no task protection: $ECS_AGENT_URI is not set")
        self.assertEqual(warning["level"], "warn")
        self.assertEqual(self.metrics(), ([], {}))

    def test_it_is_off_unless_it_is_enabled(self):
        self.start_sidecar({"enabled": False})
        self.assertTrue(self.echoed(self.open_tunnel()))
        time.sleep(SHORT)
        self.assertEqual(self.agent.calls, [])
        self.assertEqual(self.metrics(), ([], {}))


if __name__ == "__main__":
    unittest.main()
