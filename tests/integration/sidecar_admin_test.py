"""A gRPC client that is not ours (Debian's python3-grpcio) steers the sidecar."""

import json
import os
import re
import subprocess
import unittest

import grpc

from api.admin.v1 import sidecar_admin_pb2 as api
from api.admin.v1 import sidecar_admin_pb2_grpc as api_grpc
from api.admin.v1.drain_pb2 import CancelDrainRequest, Drain, GetDrainRequest
from tests.support.edge_request import RawClient, UPGRADE_HEADERS, changed, head
from tests.support.eventually import PATIENCE, eventually
from tests.support.places import free_port, outputs_dir, runfile
from tests.support.rpc_error import details_of
from tests.support.stack import Chat, Sidecar, started
from tests.support.viewers import Viewers

TOKEN = "a-token-of-the-test"
SECRET = "correct-horse-battery-staple"
UNKNOWN = "tunnels/00000000-0-1"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


class SidecarAdminTestCase(unittest.TestCase):
    # Merged into the config.
    vpc_origin = {}

    def setUp(self):
        token_file = os.path.join(outputs_dir(), "token")
        with open(token_file, "w", encoding="utf-8") as file:
            file.write(TOKEN + "\n")
        self.tcp = f"127.0.0.1:{free_port()}"
        self.chat = Chat()
        self.sidecar = Sidecar(
            self.chat.port,
            {"admin": {"tcp": {"listen": self.tcp, "bearer_token_file": token_file}}, "vpc_origin": self.vpc_origin},
        )
        self.addCleanup(self.chat.stop)
        self.addCleanup(self.sidecar.stop)
        self.chat.start()
        self.sidecar.start()
        self.viewers = Viewers(self.sidecar.port)
        self.addCleanup(self.viewers.stop)
        self.channel = grpc.insecure_channel(f"unix:{self.sidecar.admin_socket}")
        self.addCleanup(self.channel.close)
        # The sidecar is ready for viewers before it is for operators.
        grpc.channel_ready_future(self.channel).result(PATIENCE)
        self.admin = api_grpc.SidecarAdminStub(self.channel)

    def assert_fails(self, code, words, call, request, **options):
        with self.assertRaises(grpc.RpcError) as caught:
            call(request, timeout=PATIENCE, **options)
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        self.assertIn(words, caught.exception.details())
        return details_of(caught.exception)

    def audit(self, method):
        """Returns the audit lines of a method so far."""
        return [e for e in self.sidecar.log_entries() if e.get("msg") == "admin call" and e["method"] == method]

    def tunnels(self, **fields):
        return self.admin.ListTunnels(api.ListTunnelsRequest(**fields), timeout=PATIENCE).tunnels

    def wait_for_tunnels(self, count):
        eventually(lambda: len(self.tunnels()) == count, f"{count} tunnels")

    def ask(self, target, headers=None):
        """Returns the status of the answer to a request."""
        with RawClient(self.sidecar.port, head(headers or UPGRADE_HEADERS, target)) as client:
            return client.status()

    def ctl(self, *arguments, text=""):
        """Returns viaductctl's output and its exit code."""
        command = [runfile("ctl/viaductctl"), *arguments, "--endpoint", f"unix:{self.sidecar.admin_socket}"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=PATIENCE, check=False)
        return done.stdout, done.returncode, done.stderr


class SidecarAdminTest(SidecarAdminTestCase):
    def test_lists_pages_and_filters(self):
        for _ in range(5):
            self.viewers.open()
        names, token, sizes = set(), "", []
        while True:
            page = self.admin.ListTunnels(api.ListTunnelsRequest(page_size=2, page_token=token))
            self.assertEqual(page.total_size, 5)
            sizes.append(len(page.tunnels))
            names.update(tunnel.name for tunnel in page.tunnels)
            token = page.next_page_token
            if not token:
                break
        self.assertEqual(sizes, [2, 2, 1])
        self.assertEqual(len(names), 5)
        self.assertEqual(len(self.tunnels(path_prefix="/websocket", viewer_range="2001:db8::/32")), 5)
        self.assertEqual(len(self.tunnels(path_prefix="/other")), 0)
        self.assertEqual(len(self.tunnels(viewer_range="10.0.0.0/8")), 0)

    def test_tells_what_a_tunnel_is(self):
        viewer, _ = self.viewers.open()
        self.viewers.say(viewer, "hello")
        self.assertIn("hello", self.viewers.receive(viewer))
        (tunnel,) = self.tunnels()
        got = self.admin.GetTunnel(api.GetTunnelRequest(name=tunnel.name))
        self.assertEqual((got.viewer_address, got.edge_address), ("2001:db8::1", "130.176.114.52"))
        self.assertEqual((got.path, got.room, got.closing), ("/websocket", "", ""))
        self.assertEqual(got.cloudfront_id, "3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==")
        self.assertEqual(got.from_viewer.data_frames, 1)
        self.assertEqual(got.from_viewer.bytes, 2 + 4 + 5)
        self.assertGreaterEqual(got.from_upstream.data_frames, 2)
        self.assertTrue(got.from_viewer.HasField("last_data_time"))

    def test_a_closed_tunnel_shows_the_viewer_code_and_reason(self):
        viewer, _ = self.viewers.open()
        other, _ = self.viewers.open()
        first = self.tunnels()[0]
        self.admin.CloseTunnel(api.CloseTunnelRequest(name=first.name, code=4001, reason="bye"))
        self.wait_for_tunnels(1)
        # The sidecar may see the end before the viewers' thread does.
        closed = eventually(lambda: [v for v in (viewer, other) if v.closed], "a viewer is closed")
        self.assertEqual([self.viewers.closed(v) for v in closed], [(4001, "bye")])
        self.assert_fails(
            grpc.StatusCode.NOT_FOUND, "tunnel", self.admin.GetTunnel, api.GetTunnelRequest(name=first.name)
        )
        stats = lambda: self.admin.GetStats(api.GetSidecarStatsRequest(), timeout=PATIENCE)
        eventually(lambda: stats().tunnels_open == 1, "one is open")
        stats = stats()
        self.assertEqual((stats.tunnels_open, stats.tunnels_total), (1, 2))
        self.assertEqual(dict(stats.tunnels_ended), {"admin_close": 1})

    def test_says_what_is_wrong(self):
        for field, call, request in (
            ("page_size", self.admin.ListTunnels, api.ListTunnelsRequest(page_size=-1)),
            ("page_token", self.admin.ListTunnels, api.ListTunnelsRequest(page_token="x")),
            ("name", self.admin.GetTunnel, api.GetTunnelRequest(name="someone")),
            ("code", self.admin.CloseTunnel, api.CloseTunnelRequest(name=UNKNOWN, code=1006)),
            ("reason", self.admin.CloseTunnel, api.CloseTunnelRequest(name=UNKNOWN, reason="r" * 124)),
        ):
            details = self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, field, call, request)
            self.assertEqual([v.field for v in details["BadRequest"].field_violations], [field])
        for call, request in (
            (self.admin.GetTunnel, api.GetTunnelRequest(name=UNKNOWN)),
            (self.admin.CloseTunnel, api.CloseTunnelRequest(name=UNKNOWN)),
        ):
            details = self.assert_fails(grpc.StatusCode.NOT_FOUND, "", call, request)
            self.assertEqual(details["ResourceInfo"].resource_name, UNKNOWN)
            self.assertEqual(details["ErrorInfo"].reason, "RESOURCE_NOT_FOUND")

    def test_audits_what_changes_something(self):
        self.viewers.open()
        name = self.tunnels()[0].name
        self.admin.CloseTunnel(api.CloseTunnelRequest(name=name))
        self.admin.Reload(api.ReloadRequest(), timeout=PATIENCE)
        self.admin.Drain(api.DrainSidecarRequest())
        self.admin.CancelDrain(CancelDrainRequest())
        for method, resource in (("CloseTunnel", name), ("Reload", ""), ("Drain", ""), ("CancelDrain", "")):
            line = eventually(lambda method=method: self.audit(method), f"the audit of {method}")[0]
            self.assertEqual((line["resource"], line["result"], line["caller"]), (resource, "OK", "socket"))

    def test_drains_and_comes_back(self):
        viewer, _ = self.viewers.open()
        self.assertEqual(self.admin.GetDrain(GetDrainRequest()).state, Drain.SERVING)
        status = self.admin.Drain(api.DrainSidecarRequest())
        self.assertEqual((status.state, status.cause), (Drain.DRAINING, Drain.OPERATOR))
        self.assertEqual(self.viewers.closed(viewer), (1012, "service restart"))
        drained = lambda: self.admin.GetDrain(GetDrainRequest()).state == Drain.DRAINED
        eventually(drained, "the sidecar is drained")
        self.assertEqual(self.admin.GetDrain(GetDrainRequest()).closed, 1)
        self.tunnels()  # asks every worker, so that each has heard of the drain
        self.assertEqual(self.ask("/websocket"), 503)
        self.assertEqual(self.ask("/healthz"), 503)
        self.assertEqual(self.admin.CancelDrain(CancelDrainRequest()).state, Drain.SERVING)
        self.tunnels()
        self.assertEqual(self.ask("/healthz"), 200)
        viewer, _ = self.viewers.open()
        self.viewers.say(viewer, "back")
        self.assertIn("back", self.viewers.receive(viewer))

    def test_a_stop_ends_an_operators_drain(self):
        self.admin.Drain(api.DrainSidecarRequest())
        eventually(lambda: self.ask("/healthz") == 503, "the sidecar drains")
        self.sidecar.stop()  # sees that it ends well

    def test_explains_what_the_sidecar_answers(self):
        explain = lambda headers, target="/websocket": self.admin.Explain(
            api.ExplainRequest(head=head(headers, target), peer_address="127.0.0.1")
        )
        good = explain(UPGRADE_HEADERS)
        self.assertEqual(good.outcome, api.Explanation.FORWARDED)
        self.assertEqual((good.viewer_address, good.edge_address), ("2001:db8::1", "130.176.114.52"))
        self.assertEqual({check.result for check in good.checks if check.check == "via"}, {api.Explanation.Check.PASSED})
        for name, values, status, reason in (
            ("via", ["1.1 elsewhere.example (nginx)"], 403, "via_not_cloudfront"),
            ("via", [], 403, "via_missing"),
            ("x-forwarded-for", ["130.176.114.52"], 403, "xff_too_short"),
            ("x-forwarded-for", ["2001:db8::1"], 403, "alb_preserves_xff"),
            ("x-forwarded-for", ["2001:db8::1, 192.0.2.1"], 403, "edge_not_in_ranges"),
            ("x-amz-cf-id", ["a", "b"], 403, "cf_id_repeated"),
            ("origin", ["https://evil.example"], 403, "origin_not_allowed"),
            ("host", [], 400, "host_missing"),
            ("sec-websocket-version", ["8"], 426, "upgrade_version_unsupported"),
        ):
            with self.subTest(reason):
                headers = changed(UPGRADE_HEADERS, name, *values)
                explanation = explain(headers)
                self.assertEqual((explanation.status, explanation.reason), (status, reason))
                self.assertEqual(self.ask("/websocket", headers), status)
        untrusted = api.ExplainRequest(head=head(UPGRADE_HEADERS), peer_address="192.0.2.1")
        self.assertEqual(self.admin.Explain(untrusted).reason, "untrusted_peer")
        self.assert_fails(
            grpc.StatusCode.INVALID_ARGUMENT, "peer_address", self.admin.Explain, api.ExplainRequest(head=b"GET / HTTP/1.1")
        )

    def test_explains_that_a_viewer_has_enough_open(self):
        sidecar = started(self, Sidecar(self.chat.port, {"limits": {"max_tunnels_per_viewer": 2}}, name="limited"))
        viewers = Viewers(sidecar.port)
        self.addCleanup(viewers.stop)
        request = head(UPGRADE_HEADERS)
        arguments = ["explain", "--peer", "127.0.0.1", "--raw", "-", "--endpoint", f"unix:{sidecar.admin_socket}"]
        explain = lambda: subprocess.run(
            [runfile("ctl/viaductctl"), *arguments], input=request, capture_output=True, timeout=PATIENCE, check=False
        )
        viewers.open()
        fits = explain()
        self.assertEqual(fits.returncode, 0, fits.stderr)
        self.assertRegex(fits.stdout.decode(), r"viewer's tunnels +1 open, at most 2\n")
        viewers.open()
        full = explain()
        self.assertEqual(full.returncode, 5)
        self.assertIn("429 too_many_viewer_tunnels", full.stdout.decode())
        with RawClient(sidecar.port, request) as client:
            self.assertEqual(client.status(), 429)

    def test_the_command_line_does_all_of_it(self):
        viewer, _ = self.viewers.open()
        listed, status, errors = self.ctl("sidecar", "tunnels", "list", "--no-headers", "--viewer", "2001:db8::1")
        self.assertEqual(status, 0, errors)
        tunnel = listed.split()[0]
        self.assertIn("2001:db8::1", listed)
        self.assertIn("/websocket", listed)
        shown, status, _ = self.ctl("sidecar", "tunnels", "get", tunnel)
        self.assertEqual(status, 0)
        self.assertIn("3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==", shown)
        self.assertEqual(json.loads(self.ctl("sidecar", "stats", "--json")[0])["tunnels_open"], 1)
        self.assertIn("1 open, 1 in total", self.ctl("sidecar", "stats")[0])
        self.assertIn("keep_alive_over_alb_idle", self.ctl("sidecar", "ladder")[0])
        closing = self.ctl("sidecar", "tunnels", "close", tunnel, "--code", "4001", "--reason", "bye")
        self.assertEqual(closing[:2], (f"closing {tunnel} on unix:{self.sidecar.admin_socket} with code 4001\n", 0))
        self.assertEqual(self.viewers.closed(viewer), (4001, "bye"))
        self.wait_for_tunnels(0)
        gone = self.ctl("sidecar", "tunnels", "get", tunnel)
        self.assertEqual(gone[1], 1)
        self.assertIn(f"no open tunnel {tunnel}", gone[2])
        self.assertRegex(self.ctl("sidecar", "drain")[0], "draining|drained")
        eventually(lambda: "drained" in self.ctl("sidecar", "status")[0], "the sidecar is drained")
        self.assertIn("serving", self.ctl("sidecar", "undrain")[0])
        request = head(UPGRADE_HEADERS).decode()
        self.assertEqual(self.ctl("explain", "--peer", "127.0.0.1", "--raw", "-", text=request)[1], 0)
        denied = self.ctl("explain", "--peer", "127.0.0.1", "-H", "Host: localhost")
        self.assertEqual(denied[1], 5)
        self.assertIn("403 denied: xff_missing", denied[0])

    def why(self, *arguments):
        """Returns the output, exit code and errors of `viaductctl why`, which asks both programs."""
        environment = {
            "VIADUCT_ENDPOINT": f"unix:{self.chat.admin_socket}",
            "VIADUCT_SIDECAR_ENDPOINT": f"unix:{self.sidecar.admin_socket}",
        }
        command = [runfile("ctl/viaductctl"), "why", *arguments]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        return done.stdout, done.returncode, done.stderr

    def test_says_why_a_viewer_was_cut_or_denied(self):
        viewer, name = self.viewers.open()
        tunnel = self.tunnels()[0].name.removeprefix("tunnels/")
        self.assertEqual(self.ctl("sidecar", "tunnels", "close", tunnel, "--code", "4001", "--reason", "bye")[1], 0)
        self.assertEqual(self.viewers.closed(viewer), (4001, "bye"))
        self.wait_for_tunnels(0)
        eventually(lambda: self.why("2001:db8::1")[0].count("viewer address") == 2, "both programs tell of the viewer")
        both, status, errors = self.why("3QinF8qURdlfjvILo")
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("tunnel: admin_close\n  ended by        an operator\n", both)
        self.assertIn("connection: closed_by_peer, Close 4001\n  ended by        the viewer\n", both)
        self.assertIn("tunnel: admin_close", self.why(tunnel)[0])
        self.assertIn("connection: closed_by_peer", self.why(name.removeprefix("connections/"))[0])
        self.assertEqual(len(json.loads(self.why("2001:db8::1", "--json")[0])), 2)
        self.assertEqual(len(json.loads(self.why("2001:db8::1", "--json", "--limit", "1")[0])), 1)

        trace = "Root=1-67891233-abcdef012345678912345678"
        self.assertEqual(self.ask("/", [("Host", "localhost"), ("X-Amzn-Trace-Id", trace)]), 403)
        denied = self.why(trace)[0]
        self.assertIn("403 denied: xff_missing\n  facts         X-Forwarded-For is missing", denied)

        nothing = self.why("00000000-0-1")
        self.assertEqual(nothing[1], 1)
        self.assertIn("no recent end of 00000000-0-1", nothing[2])
        self.assertEqual(self.why("short")[1], 1)
        self.chat.stop()
        partial = self.why(tunnel)
        self.assertEqual(partial[1], 0)
        self.assertIn("partial answer, without the chat", partial[2])

    def test_health_and_reflection_answer(self):
        check = self.channel.unary_unary("/grpc.health.v1.Health/Check")
        self.assertEqual(check(b"", timeout=PATIENCE), b"\x08\x01")  # SERVING
        reflect = self.channel.stream_stream(REFLECTION)
        answer = next(reflect(iter([b"\x3a\x01*"]), timeout=PATIENCE))  # list_services
        self.assertIn(b"viaduct.admin.v1.SidecarAdmin", answer)
        self.assertIn(b"grpc.channelz.v1.Channelz", answer)

    def test_tcp_asks_for_the_token(self):
        with grpc.insecure_channel(self.tcp) as channel:
            grpc.channel_ready_future(channel).result(PATIENCE)
            admin = api_grpc.SidecarAdminStub(channel)
            request = api.GetSidecarStatsRequest()
            self.assert_fails(grpc.StatusCode.UNAUTHENTICATED, "token", admin.GetStats, request)
            right = [("authorization", "Bearer " + TOKEN)]
            self.assertEqual(admin.GetStats(request, timeout=PATIENCE, metadata=right).tunnels_open, 0)

    def test_the_socket_is_for_its_group_only(self):
        self.assertEqual(os.stat(self.sidecar.admin_socket).st_mode & 0o777, 0o660)


class SettingsInForceTest(SidecarAdminTestCase):
    """The sidecar's reports about its settings, and reloads of them."""

    def setUp(self):
        self.secret_file = os.path.join(outputs_dir(), "secret-" + self.id().rsplit(".", 1)[-1])
        with open(self.secret_file, "w", encoding="utf-8") as file:
            file.write(SECRET)
        self.vpc_origin = {
            "via": "MONITOR",
            "secret": {"sources": [{"name": "current", "file": self.secret_file}]},
            "edge_ranges": {"extra": ["192.0.2.0/24"]},
        }
        super().setUp()

    def change(self, **changes):
        with open(self.sidecar.config_path, encoding="utf-8") as file:
            config = json.load(file)
        config["vpc_origin"].update(changes)
        with open(self.sidecar.config_path + ".new", "w", encoding="utf-8") as file:
            json.dump(config, file)
        os.rename(self.sidecar.config_path + ".new", self.sidecar.config_path)

    def policy(self):
        return self.admin.GetPolicy(api.GetPolicyRequest(), timeout=PATIENCE)

    def reload(self):
        return self.admin.Reload(api.ReloadRequest(), timeout=PATIENCE)

    def test_the_policy_has_all_but_the_secrets_value(self):
        policy = self.policy()
        self.assertEqual((policy.mode, list(policy.trusted_peers)), ("ALB", ["127.0.0.0/8"]))
        self.assertEqual((list(policy.origins), policy.extra_edges), (["same-host"], 1))
        self.assertIn("localhost", policy.hosts)
        checks = {check.check: check.enforcement for check in policy.checks}
        enforced = ("trusted_peer", "edge_range", "cf_id", "host", "origin", "secret")
        self.assertEqual(checks, {"via": "MONITOR", **{check: "ENFORCE" for check in enforced}})
        self.assertEqual((policy.secret_header, list(policy.secret_generations)), ("x-origin-verify", ["current"]))
        self.assertNotIn(SECRET.encode(), policy.SerializeToString())
        shown, status, errors = self.ctl("sidecar", "policy")
        self.assertEqual(status, 0, errors)
        self.assertRegex(shown, r"(?m)^check via +MONITOR$")
        self.assertRegex(shown, r"(?m)^secret values +current$")
        self.assertNotIn(SECRET, shown + self.ctl("sidecar", "policy", "--json")[0])

    def test_the_ranges_are_those_of_the_metrics(self):
        ranges = self.admin.GetRanges(api.GetRangesRequest(), timeout=PATIENCE)
        metrics = self.sidecar.metrics().splitlines()
        self.assertIn(f'viaduct_ranges_info{{source="{ranges.source}",sync_token="{ranges.sync_token}"}} 1', metrics)
        self.assertIn(f'viaduct_ranges_prefixes{{state="listed"}} {ranges.prefixes}', metrics)
        self.assertIn(f'viaduct_ranges_prefixes{{state="removed"}} {ranges.removed_prefixes}', metrics)
        (age,) = [float(line.split()[1]) for line in metrics if line.startswith("viaduct_ranges_age_seconds ")]
        self.assertEqual(ranges.source, "builtin")
        self.assertGreater(ranges.prefixes, 0)
        self.assertTrue(0 <= age - ranges.age.ToTimedelta().total_seconds() < PATIENCE)
        shown = self.ctl("sidecar", "ranges")[0]
        self.assertIn(ranges.create_date, shown)
        self.assertEqual(json.loads(self.ctl("sidecar", "ranges", "--json")[0])["sync_token"], ranges.sync_token)

    def test_a_reload_takes_a_changed_file_before_it_answers(self):
        self.change(hosts=["other.example.com"])
        self.reload()
        self.assertEqual(list(self.policy().hosts), ["other.example.com"])
        self.change(hosts=["third.example.com"])
        self.assertEqual(self.ctl("sidecar", "reload"), (f"reloaded the sidecar on unix:{self.sidecar.admin_socket}\n", 0, ""))
        self.assertEqual(list(self.policy().hosts), ["third.example.com"])

    def test_a_reload_of_broken_files_names_each_and_its_rule(self):
        before = self.policy()
        self.change(trusted_peers=["10.0.0.0/33"])
        with open(self.secret_file, "w", encoding="utf-8") as file:
            file.write("too-short")
        with self.assertRaises(grpc.RpcError) as caught:
            self.reload()
        self.assertEqual(caught.exception.code(), grpc.StatusCode.FAILED_PRECONDITION)
        place, path = "vpc_origin.", self.sidecar.config_path
        for source, rule in (
            ("config", f'{place}trusted_peers[0]: "10.0.0.0/33": prefix length exceeds 32'),
            ("secrets", f'{place}secret.sources: "current": its value is shorter than 16 characters'),
        ):
            self.assertRegex(caught.exception.details(), re.escape(f"{source}: {path}:") + r"\d+:\d+: " + re.escape(rule))
        self.assertNotIn("too-short", caught.exception.details())
        self.assertEqual(self.policy(), before)
        printed, status, errors = self.ctl("sidecar", "reload")
        self.assertEqual((printed, status), ("", 1))
        self.assertIn("prefix length exceeds 32", errors)


if __name__ == "__main__":
    unittest.main()
