"""The module in each version of Envoy: what reaches the upstream, what is counted and logged, and what is refused."""

import re
import unittest
import unittest.mock

from tests.filter.hosts.envoy import MODULE, VERSIONS, Envoy, bootstrap, listener, module, validate
from tests.filter.hosts.envoy_host import shows_direct_peer
from tests.filter.hosts.host import EDGE, MODE_SETTINGS, proxy_header
from tests.support.counting_origin import HeadCollector
from tests.support.edge_request import ACCEPT, HOST, UPGRADE_HEADERS, RawClient, changed, head
from tests.support.eventually import eventually
from tests.support.places import free_port, runfile
from tests.support.stack import Chat, started

SETTINGS = MODE_SETTINGS["ALB"]
SECRET = "correct-horse-battery-staple"
PLAIN_HEADERS = [field for field in UPGRADE_HEADERS if field[0] not in ("upgrade", "connection")]


class OneRequestUpstream(HeadCollector):
    """Answers each request with 200 and keeps the heads, as bytes."""

    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


def values_of(name, request_head):
    """Returns the values of a field in a head."""
    return re.findall(rb"(?im)^" + name.encode() + rb": *(.*?)\r$", request_head)


class EnvoyModuleTest(unittest.TestCase):
    def _start(self, version, upstream_port, settings=None, manager=None):
        """Starts an Envoy with one listener and the module; returns it and the port."""
        port = free_port()
        listeners = [listener("viewers", port, [module(settings or SETTINGS)], manager)]
        return started(self, Envoy(version, listeners, upstream_port)), port

    def _status(self, port, request):
        with RawClient(port, request) as client:
            return client.status()

    def _details(self, envoy, count):
        """Returns the access log once it has `count` lines."""
        eventually(lambda: len(envoy.access_log()) >= count, "each request is in the access log")
        return envoy.access_log()

    def test_a_websocket_reaches_the_chat(self):
        chat = started(self, Chat())
        for version in VERSIONS:
            with self.subTest(version):
                _, port = self._start(version, chat.port)
                with RawClient(port, head(UPGRADE_HEADERS)) as client:
                    answer = client.read_until(b"\r\n\r\n")
                    self.assertTrue(answer.startswith(b"HTTP/1.1 101 "), answer)
                    self.assertIn(ACCEPT.encode(), answer)
                    opcode, welcome = client.read_frame()
                    self.assertEqual((opcode, b'"welcome"' in welcome), (1, True))
                    client.send_text("hello")
                    self.assertIn(b'"hello"', client.read_frame()[1])

    def test_what_the_upstream_sees_and_what_is_counted(self):
        settings = {
            **SETTINGS,
            "via": "MONITOR",
            "secret": {"sources": [{"name": "current", "environment": "VIADUCT_TEST_SECRET"}]},
        }
        with unittest.mock.patch.dict("os.environ", {"VIADUCT_TEST_SECRET": SECRET}):
            for version in VERSIONS:
                with self.subTest(version), OneRequestUpstream() as upstream:
                    self._check_upstream(*self._start(version, upstream.port, settings), upstream)

    def _check_upstream(self, envoy, port, upstream):
        own = [("x-viaduct-viewer-address", "127.0.0.1"), ("X-Viaduct-Viewer-Address", "127.0.0.2")]
        request = [*own, *changed(PLAIN_HEADERS, "via"), ("X-Origin-Verify", SECRET)]
        self.assertEqual(self._status(port, head(request)), 200)
        self.assertEqual(values_of("x-viaduct-viewer-address", upstream.heads[0]), [b"2001:db8::1"])
        self.assertNotIn(SECRET.encode(), upstream.heads[0])
        self.assertEqual(values_of("host", upstream.heads[0]), [HOST.encode()])
        self.assertEqual(self._status(port, head(PLAIN_HEADERS)), 403)
        self.assertEqual(len(upstream.heads), 1)
        allowed, denied = self._details(envoy, 2)
        self.assertEqual(
            {key: allowed.get(key) for key in ("viewer", "edge", "wouldDeny", "secretGeneration", "reason")},
            {
                "viewer": "2001:db8::1",
                "edge": "130.176.114.52",
                "wouldDeny": "via_missing",
                "secretGeneration": "current",
                "reason": None,
            },
        )
        self.assertEqual(denied["details"], "vpc_origin_denied{secret_missing}")
        self.assertEqual(denied["reason"], "secret_missing")
        stats = envoy.stats()
        self.assertEqual(stats["vpc_origin.allowed"], "1")
        self.assertEqual(stats["vpc_origin.denied.reason.secret_missing"], "1")
        self.assertEqual(stats["vpc_origin.would_deny.reason.via_missing"], "1")

    def test_where_envoy_hides_the_peer_nothing_passes_and_the_log_says_why(self):
        with OneRequestUpstream() as upstream:
            for version in VERSIONS:
                with self.subTest(version):
                    manager = {"use_remote_address": False, "skip_xff_append": False}
                    envoy, port = self._start(version, upstream.port, manager=manager)
                    statuses = [self._status(port, head(PLAIN_HEADERS)) for _ in range(2)]
                    if shows_direct_peer(version):
                        self.assertEqual(statuses, [200, 200])
                        continue
                    self.assertEqual(statuses, [403, 403])
                    details = {entry["details"] for entry in self._details(envoy, 2)}
                    self.assertEqual(details, {"vpc_origin_denied{peer_not_visible}"})
                    self.assertEqual(envoy.log().count("set use_remote_address: true and skip_xff_append: true"), 1)

    def test_where_envoy_appends_the_peer_the_log_names_the_setting(self):
        # Envoy appends another address than that of a loopback peer, so the peer is one that a PROXY header names. For
        # Envoy 1.40 that is the source behind an NLB; older ones take it for the TCP peer.
        with OneRequestUpstream() as upstream:
            for version in VERSIONS:
                with self.subTest(version):
                    nlb = shows_direct_peer(version)
                    settings = MODE_SETTINGS["NLB"] if nlb else {**SETTINGS, "trusted_peers": ["10.10.8.0/24"]}
                    request = changed(PLAIN_HEADERS, "x-forwarded-for", "2001:db8::1") if nlb else PLAIN_HEADERS
                    port = free_port()
                    manager = {"skip_xff_append": False}
                    listeners = [listener("viewers", port, [module(settings)], manager, proxy_protocol=True)]
                    envoy = started(self, Envoy(version, listeners, upstream.port))
                    before = len(upstream.heads)
                    preface = proxy_header(EDGE if nlb else "10.10.8.96")
                    statuses = [self._status(port, preface + head(request)) for _ in range(2)]
                    self.assertEqual(statuses, [200, 200] if nlb else [403, 403])
                    for passed in upstream.heads[before:]:
                        self.assertEqual(values_of("x-viaduct-viewer-address", passed), [])
                    self.assertEqual(envoy.log().count("set skip_xff_append: true"), 1)

    def test_requests_that_no_filter_has_seen_harm_nobody(self):
        with OneRequestUpstream() as upstream:
            for version in VERSIONS:
                with self.subTest(version):
                    _, port = self._start(version, upstream.port)
                    self.assertEqual(self._status(port, head(changed(PLAIN_HEADERS, "host"))), 400)
                    self.assertIn(self._status(port, head(PLAIN_HEADERS, target="*", method="OPTIONS")), (400, 404))
                    self.assertEqual(self._status(port, head(PLAIN_HEADERS)), 200)

    def test_a_route_may_be_exempt(self):
        flag = {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": True}
        route = {"cluster": "chat", "timeout": "0s"}
        routes = [
            {"match": {"path": "/open"}, "route": route, "typed_per_filter_config": {"vpc_origin": flag}},
            {"match": {"prefix": "/"}, "route": route},
        ]
        manager = {"route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]}}
        with OneRequestUpstream() as upstream:
            for version in VERSIONS:
                with self.subTest(version):
                    _, port = self._start(version, upstream.port, manager=manager)
                    self.assertEqual(self._status(port, head([("host", HOST)], target="/open")), 200)
                    self.assertEqual(self._status(port, head([("host", HOST)], target="/closed")), 403)

    def _validated(self, version, settings):
        return validate(version, bootstrap([listener("a", free_port(), [module(settings)])], 1, free_port()))

    def test_validate_mode_refuses_bad_settings_in_our_words(self):
        for version in VERSIONS:
            with self.subTest(version):
                status, said = self._validated(version, {**SETTINGS, "trusted_peers": ["10.0.0.0/33"]})
                self.assertEqual(status, 1)
                self.assertIn('viaduct vpc_origin: trusted_peers[0]: "10.0.0.0/33": prefix length exceeds 32', said)
                self.assertEqual(self._validated(version, SETTINGS)[0], 0)
                status, said = self._validated(version, MODE_SETTINGS["NLB"])
                if shows_direct_peer(version):
                    self.assertEqual(status, 0, said)
                else:
                    self.assertEqual(status, 1)
                    self.assertIn("viaduct vpc_origin: mode: NLB needs Envoy 1.40", said)

    def test_settings_may_be_a_text(self):
        text = module(SETTINGS)
        text["typed_config"]["filter_config"] = {
            "@type": "type.googleapis.com/google.protobuf.StringValue",
            "value": '{"mode": "ALB", "trusted_peers": ["127.0.0.0/8"]}',
        }
        for version in VERSIONS:
            with self.subTest(version):
                status, said = validate(version, bootstrap([listener("a", free_port(), [text])], 1, free_port()))
                self.assertEqual(status, 0, said)

    def test_the_document_s_configurations_are_valid(self):
        with open(runfile("docs/envoy.md"), encoding="utf-8") as file:
            blocks = re.findall(r"```yaml\n(.*?)```", file.read(), re.DOTALL)
        self.assertEqual(len(blocks), 2)
        with unittest.mock.patch.dict("os.environ", {"ORIGIN_SECRET": SECRET}):
            for block in blocks:
                text = block.replace("/usr/lib/viaduct/libviaduct_vpc_origin.so", runfile(MODULE))
                self.assertNotEqual(text, block)
                nlb = "mode: NLB" in text
                for version in VERSIONS:
                    if nlb and not shows_direct_peer(version):
                        continue
                    with self.subTest(version, nlb=nlb):
                        status, said = validate(version, text)
                        self.assertEqual(status, 0, said)


if __name__ == "__main__":
    unittest.main()
