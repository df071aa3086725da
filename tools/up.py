#!/usr/bin/env python3
"""Runs chat, sidecar and the local edge (deploy/local) until a signal; then drains and stops them in order.

A program that ends by itself is started again, so that its absence and its return can be watched from a viewer; one that
ends three times within ten seconds stops everything.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Debian installs HAProxy where only root's PATH looks.
os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin"

# The ports of the first instance, by the variables that replace them.
PORTS = {
    "VIADUCT_EDGE_PORT": 8080,
    "VIADUCT_SIDECAR_PORT": 8081,
    "VIADUCT_SIDECAR_OPS_PORT": 9081,
    "VIADUCT_CHAT_PORT": 8082,
    "VIADUCT_CHAT_OPS_PORT": 9082,
}
# What --redis adds: a second task, and Redis between the two.
CLUSTER_PORTS = {
    "VIADUCT_SIDECAR_PORT_2": 8083,
    "VIADUCT_SIDECAR_OPS_PORT_2": 9083,
    "VIADUCT_CHAT_PORT_2": 8084,
    "VIADUCT_CHAT_OPS_PORT_2": 9084,
    "VIADUCT_REDIS_PORT": 8085,
}
# Between the ports of two instances.
INSTANCE_STEP = 100

# The seconds that each program has to be ready and to stop. The example config drains in 5 s.
READY_WITHIN = 15
STOP_WITHIN = 15
# So many ends in so many seconds are too many.
MOST_ENDS = 3
ENDS_WITHIN = 10


class Failure(Exception):
    """What cannot be done, in one line."""


def say(text):
    print(f"up: {text}", file=sys.stderr, flush=True)


class Signals:
    """The signals that came: the first asks to stop, a later one not to wait."""

    def __init__(self):
        self.stopping = False
        self.hurry = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, _number, _frame):
        self.hurry = self.stopping
        self.stopping = True


class Place:
    """The ports, sockets and folders of one instance."""

    def __init__(self, cluster, app_port, app_runs):
        instance = os.environ.get("VIADUCT_INSTANCE", "") or "0"
        if not re.fullmatch(r"[0-9]", instance):
            raise Failure(f'VIADUCT_INSTANCE: "{instance}" is not a digit')
        self.cluster = cluster
        self.ports = {}
        for name, port in {**PORTS, **(CLUSTER_PORTS if cluster else {})}.items():
            self.ports[name] = self._port(name, os.environ.get(name) or str(port + INSTANCE_STEP * int(instance)))
        if app_port is not None:
            self.ports["VIADUCT_CHAT_PORT"] = app_port
            del self.ports["VIADUCT_CHAT_OPS_PORT"]
        self._check_free(app_port, app_runs)
        suffix = "" if instance == "0" else f"-{instance}"
        self.home = os.path.join(os.environ.get("TMPDIR") or "/tmp", "viaduct" + suffix)
        self.run = os.path.join(self.home, f"run-{self.ports['VIADUCT_EDGE_PORT']}")
        self.programs = os.path.join(self.home, "bin")

    @staticmethod
    def _port(name, text):
        if not re.fullmatch(r"[1-9][0-9]{0,4}", text) or int(text) > 65535:
            raise Failure(f'{name}: "{text}" is not a port')
        return int(text)

    def _check_free(self, app_port, app_runs):
        seen = {}
        for name, port in self.ports.items():
            name = "--app-port" if port == app_port else name
            if port in seen:
                raise Failure(f"{name}: port {port} is also {seen[port]}")
            seen[port] = name
            if listens(port)() and not (app_runs and port == app_port):
                raise Failure(f"port {port} is in use; set {name} to another port")

    def port(self, name, task=1):
        return self.ports[name if task == 1 else f"{name}_{task}"]

    def admin(self, program, task=1):
        """Returns the path of the admin socket of "chat" or "sidecar"."""
        variable = {"chat": "VIADUCT_ADMIN_SOCKET", "sidecar": "VIADUCT_SIDECAR_ADMIN_SOCKET"}[program]
        if task == 1:
            return os.environ.get(variable) or os.path.join(self.home, f"{program}-admin.sock")
        return os.path.join(self.home, f"{program}-admin-{task}.sock")

    def prepare(self, programs):
        """Makes the folders, and copies the programs there, so that a later build does not replace them."""
        if not os.path.isdir(self.home):
            os.mkdir(self.home, 0o700)
        if os.path.islink(self.home) or os.stat(self.home).st_uid != os.geteuid():
            raise Failure(f"{self.home} belongs to somebody else; it must hold our logs and the admin sockets")
        os.makedirs(self.run, exist_ok=True)
        os.makedirs(self.programs, exist_ok=True)
        copies = []
        for program in programs:
            copy = os.path.join(self.programs, os.path.basename(program))
            shutil.copy(program, copy + ".new")
            os.replace(copy + ".new", copy)
            copies.append(copy)
        return copies

    def write(self, name, text):
        path = os.path.join(self.run, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


def example(name):
    with open(os.path.join(ROOT, "deploy/local", name), encoding="utf-8") as file:
        return file.read()


def replaced(text, **values):
    """Returns a config with other values in its lines `key: …`; `__` stands for two blanks before the key."""
    for key, value in values.items():
        key = key.replace("__", "  ")
        text, count = re.subn(rf"(?m)^{key}:.*$", f'{key}: "{value}"', text)
        assert count == 1, key
    return text


def chat_config(place, task):
    text = replaced(
        example("chat.yaml"),
        listen=f"127.0.0.1:{place.port('VIADUCT_CHAT_PORT', task)}",
        ops_listen=f"127.0.0.1:{place.port('VIADUCT_CHAT_OPS_PORT', task)}",
        __unix_socket=place.admin("chat", task),
    )
    if place.cluster:
        text += f'\nbroker:\n  redis:\n    address: "127.0.0.1:{place.port("VIADUCT_REDIS_PORT")}"\n'
    return text


def sidecar_config(place, task, app):
    text = replaced(
        example("sidecar.yaml"),
        listen=f"127.0.0.1:{place.port('VIADUCT_SIDECAR_PORT', task)}",
        ops_listen=f"127.0.0.1:{place.port('VIADUCT_SIDECAR_OPS_PORT', task)}",
        __address=f"127.0.0.1:{place.port('VIADUCT_CHAT_PORT', task)}",
        __unix_socket=place.admin("sidecar", task),
    )
    # An application need not have the chat's health page: that it listens is enough.
    return text.replace('  health:\n    path: "/healthz"\n', "") if app else text


def edge_config(place):
    text = example("haproxy.cfg")
    if place.cluster:
        text += f'  server sidecar-2 "127.0.0.1:{place.port("VIADUCT_SIDECAR_PORT", 2)}" check\n'
    return text


class Program:
    """One program that is kept running."""

    def __init__(self, name, command, ready, log, environment=None):
        self.name = name
        self._command = command
        self._ready = ready  # returns True once it is
        self.log = log
        self._environment = {**os.environ, **(environment or {})}
        self._process = None
        self._ends = []
        self._restart_at = None

    def start(self, signals):
        """Starts it, and returns once it is ready or a signal has come."""
        self._spawn("w")
        deadline = time.monotonic() + READY_WITHIN
        while not signals.stopping:
            if self._process.poll() is not None:
                raise Failure(self._epitaph())
            if self._ready():
                return
            if time.monotonic() > deadline:
                raise Failure(f"the {self.name} is not ready after {READY_WITHIN} s; its log: {self.log}")
            time.sleep(0.1)

    def _spawn(self, mode):
        # A session of its own, since Ctrl-C must reach only us. The kernel ends the program if we are killed.
        with open(self.log, mode, encoding="utf-8") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *self._command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )

    def _epitaph(self):
        status = self._process.returncode
        with open(self.log, encoding="utf-8", errors="replace") as log:
            end = "".join(log.readlines()[-5:]).rstrip()
        return f"the {self.name} ended with status {status if status >= 0 else 128 - status}; the end of {self.log}:\n{end}"

    def keep(self):
        """Starts it again a second after it has ended; fails if it ends too often."""
        now = time.monotonic()
        if self._restart_at is not None:
            if now >= self._restart_at:
                self._restart_at = None
                say(f"starting the {self.name} again")
                self._spawn("a")
            return
        if self._process.poll() is None:
            return
        self._ends = [end for end in self._ends if now - end < ENDS_WITHIN] + [now]
        if len(self._ends) >= MOST_ENDS:
            raise Failure(self._epitaph())
        say(self._epitaph())
        self._restart_at = now + 1

    def stop(self, signals):
        """Asks it to stop, waits, and kills it if it does not."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        deadline = time.monotonic() + STOP_WITHIN
        while self._process.poll() is None and time.monotonic() < deadline and not signals.hurry:
            time.sleep(0.05)
        if self._process.poll() is None:
            self._process.kill()
            say(f"killed the {self.name}, which did not stop")
        self._process.wait()


def answers(url):
    def ready():
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    return ready


def listens(port):
    def ready():
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    return ready


def programs_of(place, options, sidecar, chat):
    """Returns the programs in the order in which they start."""
    programs = []

    def add(name, command, ready, environment=None):
        log = os.path.join(place.run, name.replace(" ", "-") + ".log")
        programs.append(Program(name, command, ready, log, environment))

    if place.cluster:
        port = place.port("VIADUCT_REDIS_PORT")
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", place.run]
        add("redis", command, listens(port))
    for task in (1, 2) if place.cluster else (1,):
        suffix = f" {task}" if place.cluster else ""
        stem = suffix.replace(" ", "-")
        if options.app:
            port = str(options.app_port)
            add("application", ["sh", "-c", f"exec {options.app}"], listens(options.app_port), {"PORT": port})
        if options.app_port is None:
            path = place.write(f"chat{stem}.yaml", chat_config(place, task))
            url = f"http://127.0.0.1:{place.port('VIADUCT_CHAT_OPS_PORT', task)}/readyz"
            add("chat" + suffix, [chat, "--config", path], answers(url))
        path = place.write(f"sidecar{stem}.yaml", sidecar_config(place, task, options.app_port is not None))
        url = f"http://127.0.0.1:{place.port('VIADUCT_SIDECAR_OPS_PORT', task)}/readyz"
        add("sidecar" + suffix, [sidecar, "--config", path], answers(url))
    edge = str(place.port("VIADUCT_EDGE_PORT"))
    environment = {"VIADUCT_EDGE_PORT": edge, "VIADUCT_SIDECAR_PORT": str(place.port("VIADUCT_SIDECAR_PORT"))}
    path = place.write("haproxy.cfg", edge_config(place))
    # What an application answers is not ours to know.
    ready = listens(int(edge)) if options.app_port is not None else answers(f"http://127.0.0.1:{edge}/")
    add("edge", ["haproxy", "-db", "-f", path], ready, environment)
    return programs


def stop_all(programs, signals):
    """Stops the sidecars first, then the edge, through which their Close frames pass, then the rest."""

    def turn(program):
        return (not program.name.startswith("sidecar"), program.name != "edge", program.name == "redis")

    for program in sorted(programs, key=turn):
        program.stop(signals)


def announcement(place, options, ctl):
    edge = f"localhost:{place.port('VIADUCT_EDGE_PORT')}"
    chat = "" if place.admin("chat") == "/tmp/viaduct/chat-admin.sock" else f" --endpoint unix:{place.admin('chat')}"
    beside = place.admin("sidecar")
    sidecar = "" if beside == "/tmp/viaduct/sidecar-admin.sock" else f" --endpoint unix:{beside}"
    lines = [
        "",
        f"Viaduct is up: http://{edge}/   (Ctrl-C drains and stops it)",
        "",
        "Try:",
    ]
    if options.app_port is None:
        lines += [
            f"  /usr/bin/python3 -m websockets 'ws://{edge}/websocket?room=kitchen'   # a viewer; the page has rooms too",
            f"  {ctl} connections list{chat}",
            f"  {ctl} broadcast 'Dinner is ready' --room kitchen{chat}",
        ]
    lines += [
        f"  {ctl} sidecar tunnels list{sidecar}",
        f"  {ctl} why 127.0.0.1{sidecar}   # of viewers that have left",
        f"  {ctl} sidecar drain{sidecar}   # viewers are sent away and return; 'sidecar undrain' takes them again",
        f"  {ctl} explain --peer 127.0.0.1 -H 'Host: localhost'{sidecar}",
        "      # denied, as it should be: this request did not come through CloudFront",
        f"  curl -s http://127.0.0.1:{place.port('VIADUCT_SIDECAR_OPS_PORT')}/metrics",
    ]
    if options.app_port is None:
        name = "chat-1" if place.cluster else "chat"
        lines.append(f"  pkill -f {place.run}/{name}.yaml   # the chat comes back: watch 502, 1011 and the page's return")
    lines += ["", f"Logs and the configs in force: {place.run}"]
    return "\n".join(lines)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev up", description="Run the whole chain on this machine.")
    parser.add_argument("--redis", action="store_true", help="run two tasks, with Redis between their chats")
    parser.add_argument("--app", metavar="CMD", help="run your own application instead of the chat; $PORT is its port")
    parser.add_argument(
        "--app-port", type=int, metavar="N", help="its port on 127.0.0.1; without --app, of one that already runs"
    )
    parser.add_argument("--check", action="store_true", help="only check that the ports are free")
    parser.add_argument("programs", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.app and options.app_port is None:
        parser.error("--app needs --app-port, the port on which it listens")
    if options.app_port is not None and not 0 < options.app_port < 65536:
        parser.error(f"--app-port: {options.app_port} is not a port")
    if options.app_port is not None and options.redis:
        parser.error("--redis is for the chat: give either --redis or --app")
    if not options.check and len(options.programs) != 3:
        parser.error("expected the paths of viaduct-sidecar, viaduct-chat and viaductctl")
    return options


def run(options, signals):
    place = Place(options.redis, options.app_port, app_runs=options.app is None)
    if options.check:
        return 0
    for program in ["haproxy", "setpriv", *(["redis-server"] if options.redis else []), *options.programs]:
        if shutil.which(program) is None:
            raise Failure(f"{program} is missing")
    sidecar, chat, ctl = place.prepare(options.programs)
    programs = programs_of(place, options, sidecar, chat)
    try:
        for program in programs:
            if not signals.stopping:
                program.start(signals)
        if not signals.stopping:
            print(announcement(place, options, ctl), flush=True)
        while not signals.stopping:
            for program in programs:
                program.keep()
            time.sleep(0.2)
    except Failure:
        stop_all(programs, signals)
        raise
    say("draining")
    stop_all(programs, signals)
    say("stopped")
    return 0


def main():
    try:
        return run(parse(sys.argv[1:]), Signals())
    except Failure as failure:
        say(failure)
        return 1


if __name__ == "__main__":
    sys.exit(main())
