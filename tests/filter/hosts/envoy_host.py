"""The module in Envoy as a host of the filter, and Envoy's own RBAC filter for comparison."""

from tests.filter.hosts.envoy import VERSIONS, Envoy, listener, module
from tests.filter.hosts.host import MODE_SETTINGS, Host
from tests.support.places import free_port, runfile
from tests.support.stack import started
from tools.peers.envoy_filters import cloudfront_prefixes, rbac_filter


def shows_direct_peer(version):
    """True if this Envoy shows a module the TCP peer behind a PROXY header."""
    return version >= "1.40"


class EnvoyHost(Host):
    """One version of Envoy, with a listener for each mode."""

    name = "envoy"

    def __init__(self, version):
        self._version = version
        if not shows_direct_peer(version):
            self.modes = ("ALB", "DIRECT")

    def start(self, test, chat_port):
        self._ports = {mode: free_port() for mode in self.modes}
        listeners = [
            listener(mode, port, [module(MODE_SETTINGS[mode])], proxy_protocol=mode == "NLB")
            for mode, port in self._ports.items()
        ]
        self._envoy = started(test, Envoy(self._version, listeners, chat_port))

    def port(self, mode):
        return self._ports[mode]

    def reasons(self):
        found = {}
        for entry in self._envoy.access_log():
            details = entry["details"]
            if details.startswith("vpc_origin_denied{"):
                found[entry["target"]] = details.partition("{")[2].removesuffix("}")
        return found


class RbacHost(Host):
    """The newest Envoy without the module: its RBAC filter with the same ranges, names and patterns."""

    name = "rbac"
    gives_reasons = False
    modes = ("ALB",)

    def start(self, test, chat_port):
        self._port = free_port()
        settings = MODE_SETTINGS["ALB"]
        edges = cloudfront_prefixes(runfile("filter/data/ip-ranges-cloudfront.json"))
        rbac = rbac_filter(settings["trusted_peers"], edges, settings["hosts"][0], settings["origins"][0])
        listeners = [listener("ALB", self._port, [rbac], {"xff_num_trusted_hops": 1})]
        started(test, Envoy(VERSIONS[-1], listeners, chat_port))

    def port(self, mode):
        return self._port
