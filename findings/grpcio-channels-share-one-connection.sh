#!/usr/bin/env bash
# Five gRPC channels to one target, opened and used at the same time in one Python process, make one TCP connection,
# not five. gRPC keeps connections in a pool for the whole process, keyed by target and options. A difference in any
# option, even one that gRPC does not know, separates them.
#
# Versions: grpcio 1.85.3 (PyPI) on Python 3.11, insecure_channel to 127.0.0.1, default options.
#
# Why it matters: "one channel for each worker" is a common way to spread load over the backends behind a TCP load
# balancer, or to keep a busy stream from delaying short calls. All of it ends up in one connection to one backend,
# under one flow-control window and one limit of concurrent streams. A load test with n channels measures one
# connection.
#
# Seen on 2026-12-01:
#   grpcio 1.85.3, 5 open channels with one call each
#   same options: 1 connection
#   an unknown option with a different value in each: 5 connections
#   grpc.use_local_subchannel_pool=1: 5 connections
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check grpcio==1.85.3 || exit 2

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import contextlib
import socket
import sys
import threading
from concurrent import futures

import grpc


class CountingProxy:
    """Forwards TCP connections to a port and counts them."""

    def __init__(self, target):
        self.target = target
        self.count = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            self.count += 1
            server = socket.create_connection(("127.0.0.1", self.target))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self.copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def copy(source, sink):
        with contextlib.suppress(OSError):
            while (piece := source.recv(65536)):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)


server = grpc.server(futures.ThreadPoolExecutor(2))
echo = grpc.unary_unary_rpc_method_handler(lambda request, _: request)
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test.Echo", {"Say": echo})])
port = server.add_insecure_port("127.0.0.1:0")
server.start()


def connections(options):
    """Returns the number of TCP connections that 5 channels make; options(i) are those of channel i."""
    proxy = CountingProxy(port)
    channels = [grpc.insecure_channel(f"127.0.0.1:{proxy.port}", options(number)) for number in range(5)]
    for channel in channels:
        assert channel.unary_unary("/test.Echo/Say")(b"hello", timeout=10) == b"hello"
    for channel in channels:
        channel.close()
    return proxy.count


def words(count):
    return f"{count} connection{'' if count == 1 else 's'}"


print(f"grpcio {grpc.__version__}, 5 open channels with one call each")
same = connections(lambda _: [])
print("same options:", words(same))
unknown = connections(lambda number: [("example.number", number)])
print("an unknown option with a different value in each:", words(unknown))
local = connections(lambda _: [("grpc.use_local_subchannel_pool", 1)])
print("grpc.use_local_subchannel_pool=1:", words(local))
server.stop(0).wait(5)
sys.exit(0 if (same, unknown, local) == (1, 5, 5) else 1)
PY
