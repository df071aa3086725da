"""Settings that change under a running sidecar: what is taken, what is refused, what goes on, and what is never told."""

import http.server
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import unittest

from tests.support.edge_request import UPGRADE_HEADERS, RawClient, changed, head
from tests.support.eventually import eventually
from tests.support.identity import make_identity
from tests.support.places import outputs_dir, runfile
from tests.support.stack import Chat, Sidecar

OLD = "old-horse-battery-staple"
NEW = "new-horse-battery-staple"
# No part of any list of AWS.
ELSEWHERE = "192.0.2.7"


def ranges(*prefixes, token="1787411825"):
    entries = [{"ip_prefix": prefix, "service": "CLOUDFRONT_ORIGIN_FACING"} for prefix in prefixes]
    return json.dumps({"syncToken": token, "createDate": "2026-08-22-15-17-05", "prefixes": entries})


class Files:
    """Files of one test."""

    def __init__(self, test):
        self.folder = os.path.join(outputs_dir(), test.id().rsplit(".", 1)[-1])
        os.makedirs(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        """Replaces the file at once, as rsync and editors do."""
        with open(self.path(name + ".new"), "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.path(name + ".new"), self.path(name))
        return self.path(name)


class RangesServer:
    """AWS's server for one test, over TLS: answers with `status` and `body`, or 304 to who has that already."""

    def __init__(self, certificate, key, body):
        self.status, self.body, self.statuses = 200, body, []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = server.body.encode()
                etag = f'"{hash(server.body)}"'
                status = 304 if self.headers["If-None-Match"] == etag else server.status
                server.statuses.append(status)
                self.send_response(status)
                self.send_header("ETag", etag)
                if status != 304:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if status != 304:
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"https://127.0.0.1:{self._server.server_port}/ip-ranges.json"

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class ReloadTest(unittest.TestCase):
    def setUp(self):
        self.files = Files(self)

    def start(self, config):
        """A chat and a sidecar, whose config may be changed by `change`."""
        self.chat = Chat()
        self.addCleanup(self.chat.stop)
        self.chat.start()
        self.sidecar = Sidecar(self.chat.port, config)
        self.addCleanup(self.sidecar.stop)
        self.sidecar.start()
        with open(self.sidecar.config_path, encoding="utf-8") as file:
            self.config = json.load(file)

    def change(self, section, changes):
        """Changes members of a section of the sidecar's config file, at once: half a file would be a failure, too."""
        self.config.setdefault(section, {}).update(changes)
        with open(self.sidecar.config_path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.config, file)
        os.rename(self.sidecar.config_path + ".new", self.sidecar.config_path)

    def status(self, headers=None, target="/"):
        headers = changed(changed(headers or UPGRADE_HEADERS, "upgrade"), "connection")
        with RawClient(self.sidecar.port, head(headers, target)) as client:
            return client.status()

    def open_tunnel(self):
        client = RawClient(self.sidecar.port, head(UPGRADE_HEADERS))
        self.addCleanup(client.__exit__, None, None, None)
        self.assertEqual(client.status(), 101)
        client.read_frame()  # the chat's welcome
        return client

    def assert_alive(self, tunnel):
        tunnel.send_text("still here")
        self.assertIn(b"still here", tunnel.read_frame()[1])

    def reloads(self, source, result):
        return self.sidecar.metric(f'viaduct_reloads_total{{source="{source}",result="{result}"}}')

    def wait_for_reload(self, source, result, count=1):
        eventually(lambda: self.reloads(source, result) >= count, lambda: self.sidecar.log()[-2000:])

    def check(self):
        command = [runfile("sidecar/viaduct-sidecar"), "--config", self.sidecar.config_path, "--check"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def logged(self, msg):
        return [entry for entry in self.sidecar.log_entries() if entry["msg"] == msg]

    def test_a_host_that_is_taken_away_is_refused_while_its_tunnel_goes_on(self):
        self.start({})
        tunnel = self.open_tunnel()
        self.assertEqual(self.status(), 200)
        self.change("vpc_origin", {"hosts": ["other.example.com"]})
        self.wait_for_reload("config", "ok")
        self.assertEqual(self.status(), 403)
        self.assert_alive(tunnel)
        eventually(lambda: self.logged("reloaded"), "it is told")
        self.assertEqual([entry["source"] for entry in self.logged("reloaded")], ["config"])

    def test_a_new_idle_timeout_is_for_new_tunnels(self):
        self.start({})
        old = self.open_tunnel()
        self.change("timeouts", {"idle_timeout": "300ms"})
        self.wait_for_reload("config", "ok")
        with RawClient(self.sidecar.port, head(UPGRADE_HEADERS)) as new:
            self.assertEqual(new.status(), 101)
            frame = new.read_frame()
            while frame[0] != 8:
                frame = new.read_frame()
        self.assertEqual(frame, (8, b"\x03\xe9idle timeout"))
        self.assert_alive(old)

    def test_a_signal_reads_all_again(self):
        self.start({"vpc_origin": {"edge_ranges": {"file": self.files.write("ranges", ranges("130.176.0.0/16"))}}})
        self.sidecar.signal(signal.SIGHUP)
        self.wait_for_reload("config", "ok")
        self.wait_for_reload("ranges", "ok")
        self.assertEqual(self.status(), 200)

    def test_new_ranges_count_at_once_and_old_ones_for_the_grace_time(self):
        path = self.files.write("ranges", ranges("130.176.0.0/16"))
        self.start({"vpc_origin": {"edge_ranges": {"file": path, "removal_grace": "1h"}}})
        elsewhere = changed(UPGRADE_HEADERS, "x-forwarded-for", f"203.0.113.7, {ELSEWHERE}")
        self.assertEqual(self.status(elsewhere), 403)
        self.files.write("ranges", ranges("192.0.2.0/24", token="1787411826"))
        self.wait_for_reload("ranges", "ok")
        self.assertEqual(self.status(elsewhere), 200)
        self.assertEqual(self.status(), 200, "within the grace time")
        self.assertEqual(self.sidecar.metric('viaduct_ranges_prefixes{state="removed"}'), 1)
        self.assertEqual(self.sidecar.metric('viaduct_ranges_info{source="file",sync_token="1787411826"}'), 1)
        self.change("vpc_origin", {"edge_ranges": {"file": path, "removal_grace": "0s"}})
        self.wait_for_reload("config", "ok")
        self.assertEqual(self.status(), 403)
        self.assertEqual(self.status(elsewhere), 200)

    def test_what_is_broken_changes_nothing_and_is_told(self):
        self.start({})
        self.config["vpc_origin"]["hosts"] = ["other.example.com"]
        self.change("timeouts", {"idle_timeout": "soon"})
        self.wait_for_reload("config", "failed")
        self.assertEqual(self.status(), 200)
        self.assertEqual(self.sidecar.metric('viaduct_config_stale{source="config"}'), 1)
        line = eventually(lambda: self.logged("reload failed"), "the reason is in the log")[0]
        self.assertEqual((line["level"], line["source"]), ("warn", "config"))
        self.assertTrue(line["error"].startswith(f"{self.sidecar.config_path}:1:"), line["error"])
        self.assertIn("timeouts.idle_timeout: ", line["error"])
        self.change("timeouts", {"idle_timeout": "5s"})
        self.wait_for_reload("config", "ok")
        self.assertEqual(self.sidecar.metric('viaduct_config_stale{source="config"}'), 0)
        self.assertEqual(self.status(), 403)

    def test_a_config_written_in_place_is_never_in_force_by_half(self):
        sources = [{"name": "current", "file": self.files.write("current", OLD)}]
        self.start({"vpc_origin": {"secret": {"sources": sources}}})
        whole = json.dumps(self.config)
        del self.config["vpc_origin"]["secret"]
        # What the file holds for as long as its writer pauses.
        with open(self.sidecar.config_path, "w", encoding="utf-8") as file:
            file.write(json.dumps(self.config))
        self.wait_for_reload("config", "failed")
        line = eventually(lambda: self.logged("reload failed"), "the reason is in the log")[0]
        self.assertIn("vpc_origin.secret: is removed; a changed file alone does not do this: SIGHUP", line["error"])
        self.assertEqual(self.status(), 403)
        with open(self.sidecar.config_path, "w", encoding="utf-8") as file:
            file.write(whole)
        self.wait_for_reload("config", "ok")
        self.assertEqual(self.status(), 403)
        self.assertEqual(self.status([*UPGRADE_HEADERS, ("x-origin-verify", OLD)]), 200)

    def test_who_asks_may_remove_a_check(self):
        sources = [{"name": "current", "file": self.files.write("current", OLD)}]
        self.start({"vpc_origin": {"secret": {"sources": sources}}})
        self.assertEqual(self.status(), 403)
        del self.config["vpc_origin"]["secret"]
        self.change("vpc_origin", {})
        self.sidecar.signal(signal.SIGHUP)
        self.wait_for_reload("config", "ok")
        eventually(lambda: self.status() == 200, "the secret is not asked for")

    def test_what_needs_a_restart_is_named(self):
        self.start({})
        self.config["workers"] = 1
        self.change("vpc_origin", {"hosts": ["other.example.com"]})
        self.wait_for_reload("config", "failed")
        line = eventually(lambda: self.logged("reload failed"), "the reason is in the log")[0]
        self.assertIn('workers: "1": needs a restart, as it is "2" now', line["error"])
        self.assertEqual(self.status(), 200)

    def test_a_secret_is_rotated_and_never_told(self):
        current = self.files.write("current", OLD)
        following = self.files.path("next")
        sources = [
            {"name": "current", "file": current},
            {"name": "next", "file": following, "may_be_absent": True, "format": "SECRETS_MANAGER_JSON"},
        ]
        self.start({"vpc_origin": {"mode": "ALB", "secret": {"sources": sources}, "secret_enforcement": "ENFORCE"}})
        old = [*UPGRADE_HEADERS, ("x-origin-verify", OLD)]
        new = [*UPGRADE_HEADERS, ("x-origin-verify", NEW)]
        self.assertEqual([self.status(old), self.status(new)], [200, 403])
        self.files.write("next", json.dumps({"HEADERVALUE": NEW}))
        self.wait_for_reload("secrets", "ok")
        self.assertEqual([self.status(old), self.status(new)], [200, 200])
        self.files.write("current", NEW + "\n")
        os.remove(following)
        self.wait_for_reload("secrets", "ok", 2)
        self.assertEqual([self.status(old), self.status(new)], [403, 200])
        # Invalid secrets, which must not show in part either.
        self.files.write("current", NEW[:12])
        self.wait_for_reload("secrets", "failed")
        self.files.write("next", '{"HEADERVALUE": "' + NEW + '", ')
        self.wait_for_reload("secrets", "failed", 2)
        self.assertEqual([self.status(old), self.status(new)], [403, 200])
        self.files.write("current", NEW)
        bad = self.check()
        self.assertEqual(bad.returncode, 64)
        os.remove(following)
        good = self.check()
        self.assertEqual(good.returncode, 0)
        metrics = self.sidecar.metrics()
        self.sidecar.terminate()
        for name, text in {
            "log and stderr": self.sidecar.log(),
            "chat, which the requests reached": self.chat.log(),
            "metrics": metrics,
            "failed --check": bad.stdout + bad.stderr,
            "--check": good.stdout + good.stderr,
        }.items():
            for part in (OLD, NEW, NEW[:12]):
                self.assertNotIn(part, text, name)
        self.assertIn("secretGeneration", self.sidecar.log())

    def test_a_broken_list_of_ranges_blocks_no_rotation(self):
        path = self.files.write("ranges", ranges("130.176.0.0/16"))
        sources = [{"name": "current", "file": self.files.write("current", OLD)}]
        self.start({"vpc_origin": {"edge_ranges": {"file": path}, "secret": {"sources": sources}}})
        self.files.write("ranges", "{")
        self.wait_for_reload("ranges", "failed")
        self.files.write("current", NEW)
        self.wait_for_reload("secrets", "ok")
        self.assertEqual(self.status([*UPGRADE_HEADERS, ("x-origin-verify", NEW)]), 200)
        self.assertEqual(self.status([*UPGRADE_HEADERS, ("x-origin-verify", OLD)]), 403)
        self.assertEqual(self.sidecar.metric('viaduct_config_stale{source="ranges"}'), 1)
        self.assertEqual(self.sidecar.metric('viaduct_config_stale{source="secrets"}'), 0)

    def test_ranges_are_fetched_and_a_failure_keeps_them(self):
        certificate, key = make_identity(self.files.folder, "aws")
        server = RangesServer(certificate, key, ranges("130.176.0.0/16", token="1887411825"))
        self.addCleanup(server.stop)
        refresh = {"url": server.url, "interval": "200ms", "ca_file": certificate}
        self.start({"vpc_origin": {"edge_ranges": {"refresh": refresh, "removal_grace": "0s"}}})
        eventually(lambda: self.sidecar.metric('viaduct_ranges_prefixes{state="listed"}') == 1, "the list is taken")
        self.assertEqual(self.sidecar.metric('viaduct_ranges_info{source="fetched",sync_token="1887411825"}'), 1)
        eventually(lambda: 304 in server.statuses, "what is here already is not sent again")
        server.body = ranges("192.0.2.0/24", token="1887411826")
        eventually(lambda: self.status() == 403, "the next list is taken")
        server.status, server.body = 500, ""
        self.wait_for_reload("refresh", "failed")
        elsewhere = changed(UPGRADE_HEADERS, "x-forwarded-for", f"203.0.113.7, {ELSEWHERE}")
        self.assertEqual(self.status(elsewhere), 200)
        eventually(lambda: self.sidecar.metric('viaduct_config_stale{source="refresh"}') == 1, "the failure shows")
        line = eventually(lambda: self.logged("reload failed"), "the reason is in the log")[0]
        self.assertIn("answered 500, not 200", line["error"])
        server.status, server.body = 200, ranges("130.176.0.0/16", token="1887411827")
        eventually(lambda: self.status() == 200, "it goes on when it can")

    def certificate_name(self):
        """Returns the name in the certificate that a new connection gets."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.sidecar.port), 30) as plain:
            with context.wrap_socket(plain) as connection:
                shown = connection.getpeercert(binary_form=True)
        return [name for name in (b"first", b"second") if name in shown]

    def test_a_new_certificate_is_shown_and_a_broken_one_is_not(self):
        folder = self.files.folder
        certificate, key = make_identity(folder, "first")
        following = make_identity(folder, "second")
        self.start({"listener_tls": {"certificate_file": certificate, "private_key_file": key}})
        self.assertEqual(self.certificate_name(), [b"first"])
        os.rename(following[0], certificate)
        self.wait_for_reload("certificate", "failed")
        self.assertEqual(self.certificate_name(), [b"first"])
        os.rename(following[1], key)
        self.wait_for_reload("certificate", "ok")
        self.assertEqual(self.certificate_name(), [b"second"])


if __name__ == "__main__":
    unittest.main()
