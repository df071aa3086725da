"""Measures the numbers of measured.json that no other run has: ./dev capacity --measure [PART...].

Prints them as JSON and changes no file. Each part takes about a minute. CPU time is that of all threads, by the
scheduler's count, and depends on the machine and on who else uses it.
"""

import contextlib
import json
import os
import re
import select
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from bench.chat_subjects import viaduct_over_redis
from bench.cluster import IN_MEMORY, redis
from bench.figures import quartiles
from bench.load_driver import Traffic
from bench.processes import Process, Unusable
from bench.programs import CHAT, SIDECAR, program
from bench.run_place import RunPlace
from bench.subjects import Subject, filled

# A request as CloudFront and an ALB forward it, with what the checks ask for.
HEAD = (
    "GET /websocket{query} HTTP/1.1\r\nx-forwarded-for: 2001:db8::1, 130.176.114.52\r\n"
    "host: d1fhfqyui9h81a.cloudfront.net\r\norigin: https://d1fhfqyui9h81a.cloudfront.net\r\nupgrade: websocket\r\n"
    "connection: upgrade\r\nvia: 1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)\r\n"
    "x-amz-cf-id: 3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==\r\n"
    "sec-websocket-key: Rnhou3qbnI2nVKLvsTWapg==\r\nsec-websocket-version: 13\r\n\r\n"
)
# The slabs that a socket takes one object each of, watched by epoll; the protocol's own comes on top.
SHARED_SLABS = ("sock_inode_cache", "filp", "dentry", "eventpoll_epi", "lsm_inode_cache", "lsm_file_cache", "ep_head")
SOCKETS = 4000


def _slabs():
    """Returns {name: (objects in use, bytes of one)} of the kernel's slabs."""
    with open("/proc/slabinfo", encoding="utf-8") as file:
        rows = [line.split() for line in file.readlines()[2:]]
    return {row[0]: (int(row[1]), int(row[3])) for row in rows}


def _socket_bytes(family, address):
    """Returns the kernel's memory of one idle socket.

    Counts in which slab objects appear one for each socket. Other programs' objects come and go meanwhile, which is why
    only the slabs are read off and not the memory in use.
    """
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket(family))
        listener.bind(address)
        listener.listen(16)
        before = _slabs()
        poll = stack.enter_context(contextlib.closing(select.epoll()))
        for _ in range(SOCKETS // 2):
            client = stack.enter_context(socket.socket(family))
            client.connect(listener.getsockname())
            server, _ = listener.accept()
            stack.enter_context(server)
            for one in (client, server):
                poll.register(one)
        after = _slabs()
    total = 0
    for name, (count, size) in after.items():
        grown = (count - before.get(name, (0, 0))[0]) / SOCKETS
        # epoll's entry for the wait queue is 64 bytes, in a slab whose name depends on what was merged into it.
        if name in SHARED_SLABS or (0.9 < grown < 1.2 and size >= 1024):
            total += size
    return total + 64


def kernel(place):
    """Memory of the kernel for sockets."""
    try:
        with tempfile.TemporaryDirectory() as directory:
            unix = _socket_bytes(socket.AF_UNIX, os.path.join(directory, "socket"))
            return {
                "kernel_bytes_tcp_socket": _socket_bytes(socket.AF_INET, ("127.0.0.1", 0)),
                "kernel_bytes_unix_socket": unix,
            }
    except PermissionError as error:
        raise Unusable(f"the kernel's slabs: {error}") from None


class Task:
    """A sidecar and the chat behind it, connected by a Unix socket, as in the stack of deploy/cdk."""

    def __init__(self, place, chat, sidecar, port):
        self.place = place
        self.chat = chat
        self.sidecar = sidecar
        self.port = port

    def load(self, traffic):
        """Returns bench-load's driver with its connections through the sidecar."""
        return self.place.load(traffic, self)

    def spent(self):
        """Returns the CPU time of (sidecar, chat) in microseconds."""
        return self.sidecar.cpu_nanoseconds() / 1000, self.chat.cpu_nanoseconds() / 1000

    def memory(self):
        return self.sidecar.memory_bytes(), self.chat.memory_bytes()


@contextlib.contextmanager
def task(place, broker="", more=""):
    """Starts a task. `more` is added to the sidecar's config."""
    directory = tempfile.mkdtemp(dir=place.directory)
    unix = os.path.join(directory, "chat.sock")
    ports = [place.free_port() for _ in range(3)]
    config = os.path.join(directory, "chat.yaml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f'listen: "unix:{unix}"\nops_listen: "127.0.0.1:{ports[0]}"\nworkers: 1\n')
        file.write(f"limits: {{max_connections: 40000, max_rooms: 40000}}\n{broker}\n")
    log = os.path.join(directory, "log")
    with Process("chat", [program(CHAT), "--config", config], place.server_cpu, log) as chat:
        chat.wait_for_port(ports[0])

        def command(where):
            path = filled("viaduct.yaml", where, upstream=f"unix:{unix}")
            with open(path, "a", encoding="utf-8") as file:
                file.write(f"{more}\n")
            return [program(SIDECAR), "--config", path]

        with place.serve(Subject("viaduct", command)) as server:
            yield Task(place, chat, server.process, server.port)


def _growth(before, after, count):
    return [(new - old) / count for old, new in zip(before, after)]


def _fan_out(place, members, rooms):
    """Returns CPU time of (sidecar, chat) in microseconds for a delivery, and for a connect: medians of six windows."""
    senders = 16 if rooms == 1 else 1
    with task(place) as one, one.load(Traffic("chat", 0, active=1, senders=senders, rooms=rooms, sources=8)) as load:
        load.tell("open 50")
        before = one.spent()
        load.tell(f"open {members - 50}")
        connect = _growth(before, one.spent(), members - 50)
        load.tell("seconds 0.3")
        found = []
        for _ in range(6):
            before = one.spent()
            report = load.tell("seconds 0.5")
            time.sleep(0.01)
            found.append(_growth(before, one.spent(), report["operations"]))
    return [quartiles([each[i] for each in found])[1] for i in (0, 1)], connect


def deliveries(place):
    """CPU time of a delivery through chat and sidecar, and of a connect through both."""
    rooms, connect = _fan_out(place, 4000, 80)
    all_in_one, _ = _fan_out(place, 4000, 1)
    return {
        "room_delivery_us_sidecar": rooms[0],
        "room_delivery_us_chat": rooms[1],
        "broadcast_delivery_us_sidecar": all_in_one[0],
        "broadcast_delivery_us_chat": all_in_one[1],
        "connect_us_sidecar": connect[0],
        "connect_us_chat": connect[1],
    }


def _ping_us(place):
    """Returns the sidecar's CPU time of one ping with its pong."""
    seconds, viewers = 10, 4000

    def command(where):
        path = filled("viaduct.yaml", where, upstream=f"unix:{place.backend_socket}")
        with open(path, "a", encoding="utf-8") as file:
            file.write('keepalive: {ping_interval: "1s"}\n')
        return [program(SIDECAR), "--config", path]

    with place.serve(Subject("viaduct", command)) as server:
        with place.load(Traffic("echo", viewers, sources=8), server):
            time.sleep(2)
            before = server.process.cpu_nanoseconds()
            time.sleep(seconds)
            return (server.process.cpu_nanoseconds() - before) / 1000 / (viewers * seconds)


def idle(place):
    """CPU time of one ping with its pong; memory of both programs without viewers, and of a viewer in both."""
    few, many = 1000, 4000
    with task(place) as one:
        empty = one.memory()
        with one.load(Traffic("chat", few, senders=1, sources=8)) as load:
            load.tell("count 1")
            before = one.memory()
            load.tell(f"open {many - few}")
            load.tell("count 1")
            tunnel, session = _growth(before, one.memory(), many - few)
    return {
        "ping_us_sidecar": _ping_us(place),
        "base_bytes_sidecar": empty[0],
        "base_bytes_chat": empty[1],
        "tunnel_bytes_here": tunnel,
        "session_bytes_here": session,
    }


def _certificate(directory):
    paths = [os.path.join(directory, name) for name in ("certificate.pem", "key.pem")]
    subject = ["-subj", "/CN=localhost", "-days", "2"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *subject]
    subprocess.run([*command, "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return paths


def _tls_client(port, context):
    client = context.wrap_socket(socket.create_connection(("127.0.0.1", port)))
    client.sendall(HEAD.format(query="").encode())
    if b" 101 " not in client.recv(4096):
        raise Unusable("no 101 over TLS")
    return client


def tls(place):
    """What TLS on the sidecar's listener costs an idle tunnel and a handshake. The latter is without resumption."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    directory = tempfile.mkdtemp(dir=place.directory)
    certificate, key = _certificate(directory)
    with_tls = f'listener_tls: {{certificate_file: "{certificate}", private_key_file: "{key}"}}'
    few, many = 500, 2000
    found = {}
    for name, more in (("plain", ""), ("tls", with_tls)):
        with task(place, more=more) as one, contextlib.ExitStack() as stack:

            def connect(count):
                for _ in range(count):
                    if more:
                        stack.enter_context(_tls_client(one.port, context))
                    else:
                        client = stack.enter_context(socket.create_connection(("127.0.0.1", one.port)))
                        client.sendall(HEAD.format(query="").encode())
                        if b" 101 " not in client.recv(4096):
                            raise Unusable("no 101")

            connect(few)
            time.sleep(0.5)
            memory, spent = one.memory()[0], one.spent()[0]
            connect(many - few)
            time.sleep(0.5)
            found[name] = ((one.memory()[0] - memory) / (many - few), (one.spent()[0] - spent) / (many - few))
    return {
        "tls_bytes_tunnel": found["tls"][0] - found["plain"][0],
        "tls_handshake_us_sidecar": found["tls"][1] - found["plain"][1],
    }


class Listeners:
    """Chat clients that only listen; a thread reads and forgets what comes."""

    def __init__(self, port, query="", count=1):
        self._sockets = []
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", port))
            client.sendall(HEAD.format(query=query).encode())
            client.recv(4096)
            self._sockets.append(client)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        poll = select.epoll()
        for client in self._sockets:
            poll.register(client, 1)
        while True:
            for number, _ in poll.poll():
                try:
                    if not os.read(number, 65536):
                        return
                except OSError:
                    return

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for client in self._sockets:
            client.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for client in self._sockets:
            client.close()


def _redis_info(port, name):
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"INFO\r\n")
        text = b""
        while not re.search(rb"\r\n\r\n$", text):
            text += client.recv(65536)
    return int(re.search(rf"{name}:(\d+)", text.decode())[1])


def _message_us(place, tasks):
    """Returns Redis's CPU time of a message of a room that `tasks` tasks have clients in, and its bytes sent for it."""
    with contextlib.ExitStack() as stack:
        process, port = stack.enter_context(redis(place, IN_MEMORY))
        servers = [stack.enter_context(place.serve(viaduct_over_redis(port))) for _ in range(tasks)]
        for server in servers[1:]:
            stack.enter_context(Listeners(server.port))
        load = stack.enter_context(place.load(Traffic("chat", 2, senders=2, pace=500), servers[0]))
        load.tell("seconds 0.5")
        found = []
        for _ in range(5):
            before, sent = process.cpu_nanoseconds(), _redis_info(port, "total_net_output_bytes")
            report = load.tell("seconds 1")
            time.sleep(0.01)
            messages = report["operations"] / 2
            # INFO's own answer of some 6 KB is in the difference once.
            out = _redis_info(port, "total_net_output_bytes") - sent
            found.append(((process.cpu_nanoseconds() - before) / 1000 / messages, out / messages))
    return [quartiles([each[i] for each in found])[1] for i in (0, 1)]


def _presence_us(place, tasks, rooms):
    """Returns (Redis's CPU time of a repeated count, the chats', Redis's of a join, Redis's bytes of a room and task).

    Each of `tasks` tasks has one idle client in each of `rooms` rooms; then another client joins each of them.
    """
    seconds, interval = 15, 5
    with contextlib.ExitStack() as stack:
        process, port = stack.enter_context(redis(place, IN_MEMORY))
        memory = _redis_info(port, "used_memory")
        servers = [stack.enter_context(place.serve(viaduct_over_redis(port))) for _ in range(tasks)]
        traffic = Traffic("chat", rooms, senders=1, rooms=rooms, sources=8)
        loads = [stack.enter_context(place.load(traffic, server)) for server in servers]
        # Until the joins have been announced.
        time.sleep(6)
        memory = _redis_info(port, "used_memory") - memory
        before = process.cpu_nanoseconds(), sum(server.process.cpu_nanoseconds() for server in servers)
        time.sleep(seconds)
        after = process.cpu_nanoseconds(), sum(server.process.cpu_nanoseconds() for server in servers)
        calls = rooms * tasks * seconds / interval
        repeated, chat = ((new - old) / 1000 / calls for old, new in zip(before, after))
        begun, spent = time.monotonic(), process.cpu_nanoseconds()
        for load in loads:
            load.tell(f"open {rooms}")
        time.sleep(2)
        took = time.monotonic() - begun
        # A join announces the count, so that the next repeated one comes later: only what is due anyway is taken off.
        due = max(0.0, took / interval - 1) * rooms * tasks
        joined = ((process.cpu_nanoseconds() - spent) / 1000 - due * repeated) / (rooms * tasks)
    return repeated, chat, joined, memory / (rooms * tasks)


def broker(place):
    """What Redis spends on a message, on a count of clients and on a join, by the number of tasks."""
    one, many = _message_us(place, 1), _message_us(place, 8)
    # As many calls in both.
    two_there, eight_there = _presence_us(place, 2, 1200), _presence_us(place, 8, 300)
    return {
        "redis_message_us_1_task": one[0],
        "redis_message_us_8_tasks": many[0],
        "redis_message_bytes_each_task": (many[1] - one[1]) / 7,
        "redis_presence_us_2_tasks": two_there[0],
        "redis_presence_us_8_tasks": eight_there[0],
        "chat_presence_us_2_tasks": two_there[1],
        "chat_presence_us_8_tasks": eight_there[1],
        "redis_join_us_2_tasks": two_there[2],
        "redis_join_us_8_tasks": eight_there[2],
        "redis_bytes_room_and_task": two_there[3],
    }


PARTS = {"kernel": kernel, "deliveries": deliveries, "idle": idle, "tls": tls, "broker": broker}


def measure(names):
    """Returns the numbers of the named parts."""
    found = {}
    with RunPlace() as place:
        for name in names:
            found |= {key: round(value, 2) for key, value in PARTS[name](place).items()}
            print(json.dumps(found), flush=True)
    return found
