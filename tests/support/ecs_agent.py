"""A fake of the HTTP services of ECS for a task, on loopback: its metadata and its scale-in protection.

    with EcsAgent() as agent:
        Sidecar(port, environment=agent.environment).start()
        agent.answer = EcsAgent.blocked
        agent.calls   # [Call(at=…, enabled=True, minutes=10), …]

An answer is a function of the agent and the request's body that returns (status, bytes), or None to never answer.
"""

import collections
import http.server
import json
import threading
import time

TASK_ID = "e9028f8d5d8e4f258373e7b93ce9a3c3"
TASK_ARN = f"arn:aws:ecs:us-east-1:111122223333:task/chat/{TASK_ID}"
ZONE = "us-east-1d"

Call = collections.namedtuple("Call", ["at", "enabled", "minutes"])


class EcsAgent:
    def __init__(self):
        self.calls = []
        self.answer = EcsAgent.accepted
        self.metadata = {"TaskARN": TASK_ARN, "AvailabilityZone": ZONE, "LaunchType": "FARGATE"}
        # The largest number of calls under way at the same time.
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        agent = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                known = self.path == "/v4/abc/task"
                self.reply(200 if known else 404, json.dumps(agent.metadata if known else {}).encode())

            def do_PUT(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                if self.path != "/api/abc/task-protection/v1/state":
                    self.reply(404, b"404 page not found\n")
                    return
                self.reply(*agent.take(body))

            def reply(self, status, body):
                if status is None:
                    agent._over.wait()
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # The caller gave up.

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.environment = {
            "ECS_CONTAINER_METADATA_URI_V4": f"http://127.0.0.1:{self.port}/v4/abc",
            "ECS_AGENT_URI": f"http://127.0.0.1:{self.port}/api/abc",
        }

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind, error, trace):
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, body):
        """Records one call, and answers it."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        request = json.loads(body)
        self.calls.append(Call(time.monotonic(), request["ProtectionEnabled"], request.get("ExpiresInMinutes")))
        answer = self.answer(self, request)
        with self._lock:
            self._at_once -= 1
        return answer if answer is not None else (None, b"")

    # Answers, in the shapes of ECS's documentation.

    def accepted(self, request):
        protection = {"ProtectionEnabled": request["ProtectionEnabled"], "TaskArn": TASK_ARN}
        if request["ProtectionEnabled"]:
            protection["ExpirationDate"] = "2026-12-20T21:57:44.837Z"
        return 200, json.dumps({"protection": protection}).encode()

    def blocked(self, request):
        failure = {"Arn": TASK_ARN, "Detail": None, "Reason": "DEPLOYMENT_BLOCKED"}
        return 200, json.dumps({"failure": failure}).encode()

    def throttled(self, request):
        error = {"Arn": TASK_ARN, "Code": "ThrottlingException", "Message": "Rate exceeded"}
        return 400, json.dumps({"requestID": "12345-abc-6789-0123-abc", "error": error}).encode()

    def denied(self, request):
        error = {"Arn": TASK_ARN, "Code": "AccessDeniedException", "Message": "not authorized"}
        return 400, json.dumps({"requestID": "12345-abc-6789-0123-abc", "error": error}).encode()

    def broken(self, request):
        return 500, b"Internal Server Error"

    def garbage(self, request):
        return 200, b'{"protection":'

    def silent(self, request):
        return None
