"""Envoy as a program of tests, of the versions that ./dev has fetched."""

import copy
import json
import subprocess
import urllib.request

from tests.filter.hosts.peers import peer
from tests.support.eventually import PATIENCE
from tests.support.places import free_port, runfile
from tests.support.stack import Program, write_config
from tools.peers.envoy_filters import module_filter, router_filter

VERSIONS = ("1.38.3", "1.39.3", "1.40.0")
MODULE = "filter/envoy_module/libviaduct_vpc_origin.so"

_LOG = {
    "target": "%REQ(:PATH)%",
    "status": "%RESPONSE_CODE%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "reason": "%DYNAMIC_METADATA(viaduct.vpc_origin:reason)%",
    "wouldDeny": "%DYNAMIC_METADATA(viaduct.vpc_origin:would_deny)%",
    "viewer": "%DYNAMIC_METADATA(viaduct.vpc_origin:viewer)%",
    "edge": "%DYNAMIC_METADATA(viaduct.vpc_origin:edge)%",
    "secretGeneration": "%DYNAMIC_METADATA(viaduct.vpc_origin:secret_generation)%",
}


def binary(version):
    """Returns the path of this Envoy."""
    return peer("envoy", version)


def module(settings):
    """Returns the HTTP filter that is our module, with these settings."""
    return module_filter(runfile(MODULE), settings)


def listener(name, port, http_filters, manager=None, proxy_protocol=False):
    """Returns a listener on `port` in front of the cluster `chat`. `manager` is laid over the connection manager."""
    proxy = "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol"
    config = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3."
        "HttpConnectionManager",
        "stat_prefix": name,
        "use_remote_address": True,
        "skip_xff_append": True,
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "chat", "timeout": "0s"}}],
                }
            ]
        },
        "http_filters": [*http_filters, router_filter()],
        "access_log": [
            {
                "name": "stdout",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
                    "log_format": {"json_format": _LOG},
                },
            }
        ],
    }
    return {
        "name": name,
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "listener_filters": [{"name": "proxy", "typed_config": {"@type": proxy}}] if proxy_protocol else [],
        "filter_chains": [{"filters": [{"name": "http", "typed_config": {**config, **(manager or {})}}]}],
    }


def bootstrap(listeners, upstream_port, admin_port):
    """Returns Envoy's configuration."""
    endpoint = {"address": {"socket_address": {"address": "127.0.0.1", "port_value": upstream_port}}}
    return {
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": admin_port}}},
        "static_resources": {
            "listeners": copy.deepcopy(listeners),
            "clusters": [
                {
                    "name": "chat",
                    "connect_timeout": "5s",
                    "load_assignment": {
                        "cluster_name": "chat",
                        "endpoints": [{"lb_endpoints": [{"endpoint": endpoint}]}],
                    },
                }
            ],
        },
    }


def validate(version, config):
    """Returns the exit status of `envoy --mode validate` for a configuration, or its YAML, and what it says."""
    path = write_config(f"validated-{version}", config)
    if isinstance(config, str):
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
    command = [binary(version), "-c", path, "--mode", "validate", "--log-level", "warning"]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False, text=True)
    return done.returncode, done.stdout + done.stderr


class Envoy(Program):
    """One Envoy, with these listeners in front of the program on `upstream_port`."""

    good_statuses = (0,)

    def __init__(self, version, listeners, upstream_port):
        self.admin_port = free_port()
        name = f"envoy-{version}"
        path = write_config(name, bootstrap(listeners, upstream_port, self.admin_port))
        flags = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]
        # Without it the access log is written every ten seconds.
        flags += ["--file-flush-interval-msec", "20"]
        super().__init__(name, [binary(version), "-c", path, *flags], f"http://127.0.0.1:{self.admin_port}/ready")

    def stats(self):
        """Returns its counters and gauges by name."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/stats", timeout=PATIENCE) as answer:
            lines = answer.read().decode().splitlines()
        return {name: value for name, _, value in (line.partition(": ") for line in lines)}

    def access_log(self):
        """Returns its access log so far. Keys without a value are left out."""
        return [
            {key: value for key, value in entry.items() if value is not None}
            for entry in self.log_entries()
            if "details" in entry
        ]
