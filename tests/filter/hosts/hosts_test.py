"""One table of requests, one verdict: the filter judges alike in the sidecar and in each version of Envoy."""

import re
import unittest

from tests.filter.hosts.asking_host import AskingHost
from tests.filter.hosts.asking_proxy import Caddy, EnvoyGrpc, EnvoyGrpcMap, EnvoyHttp, Nginx, Traefik
from tests.filter.hosts.envoy import VERSIONS
from tests.filter.hosts.envoy_host import EnvoyHost, RbacHost
from tests.filter.hosts.host import table
from tests.filter.hosts.sidecar_host import SidecarHost
from tests.support.eventually import eventually
from tests.support.places import runfile
from tests.support.stack import Chat, started


class HostsTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self._chat = started(self, Chat())

    def _verdicts(self, host, rows):
        """Returns the host's verdict on each row: "allowed", a reason, or the status if it refused the row itself."""
        host.start(self, self._chat.port)
        statuses = {}
        for number, row in enumerate(rows):
            target = f"/websocket?row={number}"
            statuses[target] = host.ask(row, target)
        denied = [target for target, status in statuses.items() if status == "403"]
        if not host.gives_reasons:
            return ["allowed" if status in ("101", "426") else "denied" for status in statuses.values()]

        def missing():
            return sorted(set(denied) - set(host.reasons()))

        eventually(lambda: not missing(), lambda: f"{host.name} has logged the denials of {missing()}")
        reasons = host.reasons()
        # Of requests that pass, those for an upgrade are answered 101, and the chat tells the others to upgrade.
        words = {"101": "allowed", "426": "allowed"}
        return [reasons.get(target, words.get(status, status)) for target, status in statuses.items()]

    def _check(self, host):
        rows = [row for row in table() if row.mode in host.modes]
        self.assertGreaterEqual(len(rows), 95)
        wrong = [
            f"{row.mode}: {row.what}: {verdict}, not {row.expected(host.name)}"
            for row, verdict in zip(rows, self._verdicts(host, rows))
            if verdict != row.expected(host.name)
        ]
        self.assertEqual(wrong, [])

    def test_rbac_is_no_substitute(self):
        """The document says how many attacks pass Envoy's own filter, and how many honest requests do not."""
        rows = [row for row in table() if row.mode == "ALB"]
        verdicts = self._verdicts(RbacHost(), rows)
        attacks = [verdict for row, verdict in zip(rows, verdicts) if row.verdict != "allowed"]
        honest = [verdict for row, verdict in zip(rows, verdicts) if row.verdict == "allowed"]
        with open(runfile("docs/envoy.md"), encoding="utf-8") as file:
            said = " ".join(file.read().split())
        sentence = r"(\d+) of the (\d+) attacks pass and (\d+) of the (\d+) honest requests are refused"
        numbers = [attacks.count("allowed"), len(attacks), honest.count("denied"), len(honest)]
        self.assertEqual([int(number) for number in re.search(sentence, said).groups()], numbers)

    def test_the_sidecar(self):
        self._check(SidecarHost())

    def test_the_module_in_each_envoy(self):
        for version in VERSIONS:
            with self.subTest(version):
                self._check(EnvoyHost(version))

    def test_the_sidecar_asked_by_other_proxies(self):
        for proxy in (Nginx, EnvoyHttp, EnvoyGrpc, EnvoyGrpcMap, Caddy, Traefik):
            with self.subTest(proxy.name):
                self._check(AskingHost(proxy))


if __name__ == "__main__":
    unittest.main()
