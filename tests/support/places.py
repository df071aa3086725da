"""The paths and ports of a test, and the place for its outputs."""

import os
import random
import socket


def runfile(path):
    """Returns the path of a file of the source tree or the build, given its path from the workspace's root."""
    return os.path.join(os.environ["TEST_SRCDIR"], os.environ["TEST_WORKSPACE"], path)


def outputs_dir():
    """Returns the directory for a test's outputs: with Bazel's outputs of the test."""
    return os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR") or os.environ["TEST_TMPDIR"]


_given_ports = set()


def free_port():
    """A port of 127.0.0.1 on which nothing listens, another one at each call.

    Outside of the range from which the kernel takes ports for outgoing connections, so that it stays free.
    """
    while True:
        port = random.randrange(10_000, 30_000)
        if port in _given_ports:
            continue
        _given_ports.add(port)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
