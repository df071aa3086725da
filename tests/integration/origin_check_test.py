"""Only traffic of our VPC origin reaches the chat: a real request passes, and each check broken in turn does not."""

import json
import re
import unittest

from tests.support.counting_origin import CountingOrigin, HeadCollector
from tests.support.edge_request import ACCEPT, HOST, UPGRADE_HEADERS, RawClient, changed, head
from tests.support.eventually import eventually
from tests.support.stack import Chat, Edge, Sidecar, unused_path

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

# The expected reason, and the fields of the changed request.
BROKEN = [
    ("xff_missing", changed(changed(UPGRADE_HEADERS, "x-forwarded-for"), "via")),
    ("alb_removes_xff", changed(UPGRADE_HEADERS, "x-forwarded-for")),
    ("alb_preserves_xff", changed(UPGRADE_HEADERS, "x-forwarded-for", "2001:db8::1")),
    ("xff_too_short", changed(UPGRADE_HEADERS, "x-forwarded-for", "130.176.114.52")),
    ("edge_not_in_ranges", changed(UPGRADE_HEADERS, "x-forwarded-for", "2001:db8::1, 198.51.100.7")),
    ("edge_not_in_ranges", changed(UPGRADE_HEADERS, "x-forwarded-for", "2001:db8::1, 130.176.77.1")),
    ("edge_address_unparsable", changed(UPGRADE_HEADERS, "x-forwarded-for", "2001:db8::1, 0130.176.114.52")),
    ("viewer_address_unparsable", changed(UPGRADE_HEADERS, "x-forwarded-for", "unknown, 130.176.114.52")),
    ("via_missing", changed(UPGRADE_HEADERS, "via")),
    ("via_malformed", changed(UPGRADE_HEADERS, "via", "1.1 abc.cloudfront.net (CloudFront")),
    ("via_not_cloudfront", changed(UPGRADE_HEADERS, "via", "1.1 abc.cloudfront.net (CloudFront), 1.1 proxy")),
    ("via_not_cloudfront", changed(UPGRADE_HEADERS, "via", "1.1 abc.cloudfront.net (CloudFront)", "1.1 mine")),
    ("cf_id_missing", changed(UPGRADE_HEADERS, "x-amz-cf-id")),
    ("cf_id_repeated", changed(UPGRADE_HEADERS, "x-amz-cf-id", "forged", "3QinF8qURdlfjvILoXcZZg==")),
    ("cf_id_malformed", changed(UPGRADE_HEADERS, "x-amz-cf-id", "a b")),
    ("host_not_allowed", changed(UPGRADE_HEADERS, "host", "other.example")),
    ("origin_not_allowed", changed(UPGRADE_HEADERS, "origin", "https://other.example")),
    ("origin_repeated", changed(UPGRADE_HEADERS, "origin", f"https://{HOST}", f"https://{HOST}")),
    ("connection_names_trusted_field", changed(UPGRADE_HEADERS, "connection", "upgrade, x-amz-cf-id")),
    ("trusted_field_alias", UPGRADE_HEADERS + [("X_Amz_Cf_Id", "forged")]),
]


class OriginCheckTest(unittest.TestCase):
    def test_a_real_request_opens_a_chat(self):
        chat = Chat()
        sidecar = Sidecar(chat.port)
        self.addCleanup(chat.stop)
        self.addCleanup(sidecar.stop)
        chat.start()
        sidecar.start()
        with RawClient(sidecar.port, head(UPGRADE_HEADERS)) as first, RawClient(
            sidecar.port, head(UPGRADE_HEADERS)
        ) as second:
            answer = first.read_until(b"\r\n\r\n").decode().lower()
            self.assertTrue(answer.startswith("http/1.1 101 "), answer)
            self.assertIn(f"\r\nsec-websocket-accept: {ACCEPT}\r\n".lower(), answer)
            self.assertEqual(second.status(), 101)

            ids = []
            for client in (first, second):
                opcode, payload = client.read_frame()
                welcome = json.loads(payload)
                self.assertEqual((opcode, list(welcome)), (1, ["type", "id", "clientCount"]))
                self.assertEqual(welcome["type"], "welcome")
                self.assertTrue(UUID.fullmatch(welcome["id"]), welcome)
                ids.append(welcome["id"])

            text = "こんにちは です"
            first.send_text(text)
            envelope = '"from":"%s","message":"%s"}' % (ids[0], text)
            self.assertEqual(first.read_frame(), (1, ('{"type":"echo",' + envelope).encode()))
            self.assertEqual(second.read_frame(), (1, ('{"type":"broadcast",' + envelope).encode()))

        def connected():
            return [entry for entry in chat.log_entries() if entry.get("msg") == "ws connected"]

        entry = eventually(lambda: len(connected()) == 2 and connected()[0], "the chat logs both connections")
        sent = dict(UPGRADE_HEADERS)
        self.assertEqual(entry["url"], "/websocket")
        self.assertEqual(entry["userAgent"], sent["user-agent"])
        self.assertEqual(entry["forwardedFor"], sent["x-forwarded-for"])
        self.assertEqual(entry["cloudfrontId"], sent["x-amz-cf-id"])

    def test_each_broken_check_is_refused_before_the_chat(self):
        with CountingOrigin() as origin:
            sidecar = Sidecar(origin.port, {"workers": 1})  # whose lines are in order
            self.addCleanup(sidecar.stop)
            sidecar.start()
            denied = {}
            for reason, headers in BROKEN:
                with self.subTest(reason=reason), RawClient(sidecar.port, head(headers)) as client:
                    response = client.read_to_end().decode()
                    denied[reason] = denied.get(reason, 0) + 1
                    self.assertTrue(response.startswith("HTTP/1.1 403 Forbidden\r\n"), response)
                    self.assertIn("\r\nConnection: close\r\n", response)
                    # The viewer must not learn which check failed.
                    self.assertTrue(response.endswith("\r\n\r\nforbidden\n"), response)
                    self.assertEqual(
                        sidecar.metric('viaduct_filter_denied_total{reason="%s"}' % reason), denied[reason]
                    )
            reasons = lambda: [entry["denyReason"] for entry in sidecar.log_entries() if "denyReason" in entry]
            eventually(lambda: len(reasons()) == len(BROKEN), lambda: f"every denial is logged, not only {reasons()}")
            self.assertEqual(reasons(), [reason for reason, _ in BROKEN])
            self.assertEqual(origin.connections, 0)

    def test_a_peer_that_is_not_the_balancer_is_refused(self):
        with CountingOrigin() as origin:
            sidecar = Sidecar(origin.port, {"vpc_origin": {"trusted_peers": ["10.10.8.0/24"]}})
            self.addCleanup(sidecar.stop)
            sidecar.start()
            for target in ("/websocket", "/healthz"):
                with RawClient(sidecar.port, head(UPGRADE_HEADERS, target)) as client:
                    self.assertEqual(client.status(), 403)
            self.assertEqual(sidecar.metric('viaduct_filter_denied_total{reason="untrusted_peer"}'), 2)
            self.assertEqual(origin.connections, 0)

    def test_monitored_checks_let_through_and_count(self):
        chat = Chat()
        sidecar = Sidecar(chat.port, {"vpc_origin": {"via": "MONITOR", "cf_id": "OFF"}})
        self.addCleanup(chat.stop)
        self.addCleanup(sidecar.stop)
        chat.start()
        sidecar.start()
        headers = changed(changed(UPGRADE_HEADERS, "via"), "x-amz-cf-id")
        with RawClient(sidecar.port, head(headers)) as client:
            self.assertEqual(client.status(), 101)
        self.assertEqual(sidecar.metric('viaduct_filter_would_deny_total{reason="via_missing"}'), 1)
        self.assertEqual(sidecar.metric('viaduct_filter_would_deny_total{reason="cf_id_missing"}'), 0)

    def test_only_our_distributions_secret_opens_a_chat_and_nobody_reads_it(self):
        current, following = "correct-horse-battery-staple", "staple-battery-horse-correct"
        path = unused_path("secret", "txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write(current + "\n")
        secret = {
            "sources": [
                {"name": "current", "file": path},
                {"name": "next", "environment": "NEXT_SECRET", "format": "SECRETS_MANAGER_JSON"},
            ]
        }
        environment = {"NEXT_SECRET": json.dumps({"HEADERVALUE": following})}
        with HeadCollector() as origin:
            # One worker, whose lines are in order.
            config = {"workers": 1, "vpc_origin": {"secret": secret}}
            sidecar = Sidecar(origin.port, config, environment=environment)
            self.addCleanup(sidecar.stop)
            sidecar.start()
            for reason, fields in [
                ("secret_missing", []),
                ("secret_wrong", [("x-origin-verify", "another-distributions-secret")]),
                ("secret_repeated", [("x-origin-verify", current)] * 2),
            ]:
                with self.subTest(reason=reason), RawClient(sidecar.port, head(UPGRADE_HEADERS + fields)) as client:
                    self.assertEqual(client.status(), 403)
                    self.assertEqual(sidecar.metric('viaduct_filter_denied_total{reason="%s"}' % reason), 1)
            self.assertEqual(sidecar.metric('viaduct_secret_matches_total{generation="next"}'), 0)
            for value in (current, following):
                fields = [("X-Origin-Verify", value), ("X_Origin_Verify", value)]
                with RawClient(sidecar.port, head(UPGRADE_HEADERS + fields)) as client:
                    self.assertEqual(client.status(), 502)
            for generation in ("current", "next"):
                self.assertEqual(sidecar.metric('viaduct_secret_matches_total{generation="%s"}' % generation), 1)
            self.assertEqual(len(origin.heads), 2)
            self.assertIn(b"x-amz-cf-id", origin.heads[0])
            named = lambda: [entry.get("secretGeneration") for entry in sidecar.log_entries() if "verdict" in entry]
            eventually(lambda: named()[3:] == ["current", "next"], lambda: f"each generation is logged, not {named()}")
            checked = sidecar.run("--check")
            self.assertEqual(checked.returncode, 0, checked.stderr)
            metrics = sidecar.metrics().encode()
        written = b"".join(origin.heads) + sidecar.log().encode() + checked.stdout + checked.stderr + metrics
        for value in ("horse", "another-distributions-secret"):
            self.assertNotIn(value.encode(), written)

    def test_the_stand_in_for_cloudfront_passes_on_no_upgrade_but_websocket(self):
        with HeadCollector() as collector:
            collector.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            edge = Edge(collector.port)
            self.addCleanup(edge.stop)
            edge.start()
            h2c = [("upgrade", "h2c"), ("http2-settings", "AAMAAABk"), ("connection", "Upgrade, HTTP2-Settings")]
            for target, fields in (("/h2c", [("host", HOST)] + h2c), ("/websocket", UPGRADE_HEADERS)):
                with RawClient(edge.port, head(fields, target)) as client:
                    self.assertEqual(client.status(), 200)
            passed = {received.split()[1]: received.lower() for received in collector.heads}
        self.assertNotIn(b"upgrade", passed[b"/h2c"])
        self.assertNotIn(b"http2-settings", passed[b"/h2c"])
        self.assertIn(b"\r\nupgrade: websocket\r\n", passed[b"/websocket"])

    def test_the_balancers_health_check_needs_nothing_of_cloudfront(self):
        with CountingOrigin() as origin:
            sidecar = Sidecar(origin.port)
            self.addCleanup(sidecar.stop)
            sidecar.start()
            probe = [("host", "10.10.8.96:8080"), ("user-agent", "ELB-HealthChecker/2.0"), ("connection", "close")]
            with RawClient(sidecar.port, head(probe, "/healthz")) as client:
                self.assertEqual(client.status(), 200)
            self.assertEqual(origin.connections, 0)


if __name__ == "__main__":
    unittest.main()
