"""The configurations in docs/authorize.md: what reaches the application, and that nothing does without an answer."""

import re
import signal
import unittest

from tests.filter.hosts.asking_proxy import Caddy, EnvoyGrpc, EnvoyHttp, Nginx, Traefik, adapted, documented, written
from tests.filter.hosts.envoy import validate
from tests.support.counting_origin import HeadCollector
from tests.support.edge_request import ACCEPT, HOST, UPGRADE_HEADERS, RawClient, changed, head
from tests.support.places import free_port, runfile
from tests.support.stack import ViaductProgram, started

PROXIES = (Nginx, EnvoyHttp, EnvoyGrpc, Caddy, Traefik)
SECRET = "correct-horse-battery-staple"
HEADERS = [*UPGRADE_HEADERS, ("x-origin-verify", SECRET)]

# Targets that a proxy or an application may take for others.
WAYS_AROUND = (
    "/websocket/..%2fhealthz",
    "/websocket/../healthz",
    "/healthz/../websocket",
    "/healthz%2f..%2fwebsocket",
    "//healthz",
    "/HEALTHZ",
    "/viaduct-authorize",
    f"http://{HOST}/websocket",
    f"http://{HOST}/healthz/../websocket",
)


class Upstream(HeadCollector):
    """Agrees to each handshake, sends back what the viewer sends first, and answers other requests with 200."""

    def reply(self, connection, request_head):
        if b"\r\nsec-websocket-key:" not in request_head.lower():
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            return
        answer = f"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nsec-websocket-accept: {ACCEPT}\r\n"
        connection.sendall(f"{answer}connection: upgrade\r\n\r\n".encode())
        connection.sendall(connection.recv(65536))

    def requests(self):
        """Returns the heads, without the sidecar's health checks, which only connect."""
        return [request_head for request_head in self.heads if request_head.strip()]


def sidecar(proxy, ports):
    """Returns the document's sidecar for this proxy."""
    text = documented("Traefik")[0] if proxy is Traefik else documented("The sidecar")[0]
    text = re.sub(r"proxy: \w+", f"proxy: {proxy.settings.get('proxy', 'ENVOY')}", text)
    command = [runfile("sidecar/viaduct-sidecar"), "--config", written("sidecar", "yaml", adapted(text, ports))]
    return ViaductProgram("sidecar", command, f"http://127.0.0.1:{ports[9081]}/readyz", {"ORIGIN_SECRET": SECRET})


class AuthorizeTest(unittest.TestCase):
    def _status(self, port, headers, target="/websocket"):
        with RawClient(port, head(headers, target)) as client:
            return client.status()

    def _check(self, proxy):
        with Upstream() as upstream:
            ports = {port: free_port() for port in (8080, 8090, 8091, 9081)}
            asked = started(self, sidecar(proxy, {**ports, 8082: upstream.port}))
            authorize_port = ports[8091 if proxy.address == "grpc_listen" else 8090]
            port = started(self, proxy(upstream.port, authorize_port, ports[9081])).port
            forged = [("x-viaduct-viewer-address", "127.0.0.1"), ("x-viaduct-peer", "203.0.113.9")]
            with RawClient(port, head([*forged, *HEADERS])) as client:
                answer = client.read_until(b"\r\n\r\n")
                self.assertTrue(answer.startswith(b"HTTP/1.1 101 "), answer)
                client.send_text("hello")
                # As it was sent: masked.
                self.assertEqual(len(client.read_exactly(11)), 11)
            [passed] = upstream.requests()
            self.assertEqual(re.findall(rb"(?im)^x-viaduct-viewer-address: *(.*?)\r$", passed), [b"2001:db8::1"])
            self.assertEqual(re.findall(rb"(?im)^host: *(.*?)\r$", passed), [HOST.encode()])
            self.assertNotIn(SECRET.encode(), passed)

            # The peer itself, and someone who knows all but the secret.
            self.assertEqual(self._status(port, [("host", HOST)]), 403)
            self.assertEqual(self._status(port, UPGRADE_HEADERS), 403)
            self.assertEqual(self._status(port, changed(HEADERS, "x-forwarded-for", "2001:db8::1, 203.0.113.9")), 403)
            self.assertEqual(self._status(port, [("host", HOST)], "/healthz"), 200)
            # Whatever they are taken for.
            for target in WAYS_AROUND:
                with self.subTest(target):
                    self.assertNotIn(self._status(port, UPGRADE_HEADERS, target), (101, 426))
            self.assertEqual(len(upstream.requests()), 1)

            asked.signal(signal.SIGKILL)
            asked.wait()
            self.assertEqual(self._status(port, HEADERS), proxy.status_without_answer)
            self.assertEqual(len(upstream.requests()), 1)

    def test_each_proxy_as_the_document_configures_it(self):
        for proxy in PROXIES:
            with self.subTest(proxy.name):
                self._check(proxy)

    def test_the_document_says_what_viewers_get_without_an_answer(self):
        with open(runfile("docs/authorize.md"), encoding="utf-8") as file:
            [row] = re.findall(r"(?m)^\| status without an answer \| – \|(.*)\|$", file.read())
        said = [int(status) for status in row.split("|")]
        self.assertEqual(said, [proxy.status_without_answer for proxy in PROXIES])

    def test_envoy_validates_its_configurations(self):
        for text in documented("Envoy"):
            status, said = validate("1.40.0", text)
            self.assertEqual(status, 0, said)


if __name__ == "__main__":
    unittest.main()
