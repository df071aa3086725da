"""The subjects that are compared with the chat: small chats of the same protocol on other libraries, and a floor."""

import os
import shutil
import subprocess

from bench.processes import Unusable
from bench.programs import CHAT, CHAT_FLOOR, program, source
from bench.subjects import CACHE, WORKER, Subject, executable, filled

NODE = os.path.join(CACHE, "chat-node")
RUST = os.path.join(CACHE, "chat-rust")
GO = os.path.join(CACHE, "chat-go")


def _floor(place):
    return [program(CHAT_FLOOR), "--listen", f"127.0.0.1:{place.port}"]


def _viaduct(place):
    return [program(CHAT), "--config", filled("viaduct-chat.yaml", place, broker="")]


def viaduct_over_redis(port):
    """The chat as a task of a cluster, whose Redis is on `port` of 127.0.0.1."""
    broker = f'broker: {{redis: {{address: "127.0.0.1:{port}"}}}}'

    def command(place):
        return [program(CHAT), "--config", filled("viaduct-chat.yaml", place, broker=broker)]

    return Subject("viaduct over Redis", command, counted_in=WORKER)


def _built(path):
    if not os.path.exists(path):
        raise Unusable(f"{path} is not there; ./dev bench chat builds it where its tools are")
    return path


def _node(how):
    def command(place):
        _built(os.path.join(NODE, "node_modules", "ws"))
        return [executable("node"), os.path.join(NODE, "chat.js"), str(place.port), how]

    return command


def _rust(place):
    return [_built(os.path.join(RUST, "release", "chat_rust")), f"127.0.0.1:{place.port}", str(place.workers)]


def _go(place):
    return ["env", f"GOMAXPROCS={place.workers}", _built(GO), f"127.0.0.1:{place.port}"]


SUBJECTS = [
    Subject("floor", _floor),
    Subject("viaduct", _viaduct, counted_in=WORKER),
    Subject("node ws", _node("plain")),
    Subject("node ws tuned", _node("tuned")),
    Subject("rust tungstenite", _rust),
    Subject("gorilla", _go),
]


def subject_named(name):
    return next(subject for subject in SUBJECTS if subject.name == name)


def install_peers(say):
    """Fetches and builds the chats on other libraries, with the versions that their lock files name.

    Says what could not be had; then that peer is left out of the run.
    """
    os.makedirs(CACHE, exist_ok=True)
    # Node looks for its modules beside the program.
    shutil.copytree(source("bench/peers/chat_node"), NODE, dirs_exist_ok=True)
    _build(say, "Node's ws", ["npm", "ci", "--no-audit", "--no-fund", "--silent"], NODE)
    sources = source("bench/peers/chat_rust")
    _build(say, "tokio-tungstenite", ["cargo", "build", "-q", "--release", "--locked", "--target-dir", RUST], sources)
    _build(say, "gorilla", ["go", "build", "-o", GO, "."], source("bench/peers/chat_go"))


def _build(say, what, command, directory):
    tool = command[0]
    if shutil.which(tool) is None:
        say(f"{what} is left out: {tool} is not installed")
        return
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        say(f"{what} is left out: {tool}: {(done.stderr or done.stdout).strip()[-300:]}")
