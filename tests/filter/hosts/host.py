"""The table of requests, and what a program must offer to be asked about each of them.

A further host of the filter is one class with the methods of Host and a line in hosts_test.py.
"""

import json
import socket
import subprocess

from tests.support.eventually import PATIENCE
from tests.support.places import runfile

# The edge's address in the table, which a PROXY header names.
EDGE = "130.176.114.52"

# The settings of the table's operator, for viewers on the loopback interface.
SETTINGS = {
    "hosts": ["d1fhfqyui9h81a.cloudfront.net"],
    "origins": ["https://d1fhfqyui9h81a.cloudfront.net"],
}
MODE_SETTINGS = {
    "ALB": {"mode": "ALB", "trusted_peers": ["127.0.0.0/8"], **SETTINGS},
    "NLB": {"mode": "NLB", "trusted_peers": ["127.0.0.0/8"], **SETTINGS},
    # The test's own connections come from an edge.
    "DIRECT": {"mode": "DIRECT", "edge_ranges": {"extra": ["127.0.0.0/8"]}, **SETTINGS},
}


class Row:
    """One request: its mode, what it is about, its fields, and the expected verdicts."""

    def __init__(self, entry):
        self.mode = entry["mode"]
        self.what = entry["what"]
        self.verdict = entry["verdict"]
        self.fields = entry["fields"]
        self._differences = entry["differences"]

    def expected(self, host):
        """Returns the verdict that the table allows `host`."""
        return self._differences.get(host, self.verdict)

    def head(self, target):
        lines = [f"GET {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in self.fields]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def table():
    """Returns all rows."""
    done = subprocess.run([runfile("tests/filter/hosts/request_table")], check=True, capture_output=True, text=True)
    return [Row(json.loads(line)) for line in done.stdout.splitlines()]


def proxy_header(source, source_port=46532):
    """Returns a PROXY v2 header of a TCP connection over IPv4."""
    addresses = socket.inet_aton(source) + socket.inet_aton("127.0.0.1")
    ports = source_port.to_bytes(2, "big") + (80).to_bytes(2, "big")
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x21, 0x11, 0, 12]) + addresses + ports


class Host:
    """A program with the filter in it, in front of the chat."""

    # The name in the table's differences.
    name = ""
    # False if it denies without a word why.
    gives_reasons = True
    # The modes that it has.
    modes = ("ALB", "NLB", "DIRECT")

    def start(self, test, chat_port):
        """Starts it; it ends with `test`."""
        raise NotImplementedError

    def port(self, mode):
        """Returns the port where this mode is."""
        raise NotImplementedError

    def reasons(self):
        """Returns the reason for which each target was denied so far, as the host logged it."""
        raise NotImplementedError

    def ask(self, row, target):
        """Returns the status of the answer to one row on a connection of its own, as text."""
        with socket.create_connection(("127.0.0.1", self.port(row.mode)), PATIENCE) as connection:
            preface = proxy_header(EDGE) if row.mode == "NLB" else b""
            connection.sendall(preface + row.head(target))
            with connection.makefile("rb") as answer:
                return answer.readline().split(b" ")[1].decode()
