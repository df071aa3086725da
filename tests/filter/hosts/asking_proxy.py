"""The proxies that ask the sidecar about requests, configured as docs/authorize.md says."""

import os
import re
import tempfile

from tests.filter.hosts.host import MODE_SETTINGS
from tests.filter.hosts.peers import peer
from tests.support.places import free_port, runfile
from tests.support.stack import Program, unused_path


def documented(heading):
    """Returns the code blocks below a heading of the document."""
    with open(runfile("docs/authorize.md"), encoding="utf-8") as file:
        sections = file.read().split("\n## ")
    section = next(section for section in sections if section.startswith(f"{heading}\n"))
    return re.findall(r"```\w+\n(.*?)```", section, re.DOTALL)


def adapted(text, ports):
    """Returns a configuration of the document for a test. `ports` is {port in the document: port in the test}."""
    settings = MODE_SETTINGS["ALB"]
    text = re.sub(r"\b(80[89]\d|9081)\b", lambda port: str(ports[int(port[0])]), text)
    text = text.replace("10.10.8.0/23", *settings["trusted_peers"])
    return text.replace("chat.example.com", *settings["hosts"])


def written(name, extension, text):
    """Writes a configuration and returns its path."""
    path = unused_path(name, extension)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


class AskingProxy(Program):
    """A proxy in front of the program on `upstream_port`, which asks the sidecar on `authorize_port`."""

    # The name in the table's differences.
    name = ""
    # What the sidecar's `authorize` has, besides the address, and the name of the address.
    settings = {}
    address = "listen"
    # What it answers while the sidecar does not.
    status_without_answer = 0

    def __init__(self, upstream_port, authorize_port, ops_port):
        self.port = free_port()
        ports = {8081: self.port, 8082: upstream_port, 8090: authorize_port, 8091: authorize_port, 9081: ops_port}
        place = tempfile.mkdtemp(dir=os.environ["TEST_TMPDIR"])
        command = self._command(lambda text: adapted(text, ports), place)
        # A configuration of the document keeps what is the default.
        environment = {
            "CADDY_ADMIN": f"127.0.0.1:{free_port()}",
            "XDG_CONFIG_HOME": place,
            "XDG_DATA_HOME": place,
        }
        super().__init__(self.name, command, f"http://127.0.0.1:{self.port}/healthz", environment)

    def _command(self, adapt, place):
        """Returns the command. `adapt` makes a configuration of the document one for this process."""
        raise NotImplementedError

    @classmethod
    def authorize(cls, port):
        """Returns the sidecar's `authorize` for this proxy."""
        return {cls.address: f"127.0.0.1:{port}", **cls.settings}


class Nginx(AskingProxy):
    name = "nginx"
    settings = {"proxy": "NGINX"}
    status_without_answer = 500

    def _command(self, adapt, place):
        config = written(self.name, "conf", adapt(documented("nginx")[0]))
        # A sandbox may lack other users.
        directives = "daemon off; error_log stderr; user root;"
        return [peer("nginx", "1.31.3"), "-p", place, "-c", config, "-g", directives]


class EnvoyHttp(AskingProxy):
    name = "envoy_http"
    settings = {"proxy": "ENVOY"}
    status_without_answer = 503

    def _command(self, adapt, place):
        config = written(self.name, "yaml", adapt(self._text()))
        flags = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]
        return [peer("envoy", "1.40.0"), "-c", config, *flags]

    def _text(self):
        return documented("Envoy")[0]


class EnvoyGrpc(EnvoyHttp):
    name = "envoy_grpc"
    settings = {}
    address = "grpc_listen"

    def _text(self):
        return documented("Envoy")[1]


class EnvoyGrpcMap(EnvoyGrpc):
    """Without `encode_raw_headers`: fields come as a map of texts."""

    name = "envoy_grpc_map"

    def _text(self):
        return super()._text().replace("encode_raw_headers: true", "encode_raw_headers: false")


class Caddy(AskingProxy):
    name = "caddy"
    settings = {"proxy": "CADDY"}
    status_without_answer = 502

    def _command(self, adapt, place):
        config = written(self.name, "caddyfile", adapt(documented("Caddy")[0]))
        return [peer("caddy", "2.11.7"), "run", "--adapter", "caddyfile", "--config", config]


class Traefik(AskingProxy):
    name = "traefik"
    settings = {"proxy": "TRAEFIK"}
    status_without_answer = 500

    def _command(self, adapt, place):
        static, dynamic = documented("Traefik")[1:]
        dynamic_path = written("traefik-dynamic", "yaml", adapt(dynamic))
        static = adapt(static).replace("/etc/traefik/dynamic.yaml", dynamic_path)
        return [peer("traefik", "3.7.15"), f"--configfile={written(self.name, 'yaml', static)}"]
