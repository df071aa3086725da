"""The sidecar as a program: command line, config, exit codes."""

import subprocess
import unittest

from tests.support.places import free_port, runfile
from tests.support.stack import Sidecar, write_config

BASE = {
    "listen": "127.0.0.1:0",
    "ops_listen": "127.0.0.1:0",
    "vpc_origin": {"mode": "ALB", "trusted_peers": ["127.0.0.0/8"]},
    "upstream": {"address": "127.0.0.1:1"},
}
# Twice the ping interval is longer than the ALB's idle timeout.
LATE_PINGS = {"keepalive": {"ping_interval": "31s"}}


def run(*arguments):
    command = [runfile("sidecar/viaduct-sidecar"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def rungs(text):
    """Returns the state by rung from the output of --check."""
    rows = [line.split() for line in text.splitlines() if line.startswith("#  ")]
    return {row[2]: row[1] for row in rows if row[1] in ("ok", "advice", "wrong")}


class SidecarProgramTest(unittest.TestCase):
    def test_check_prints_config_and_ladder_which_read_back_the_same(self):
        closed = {**BASE, **LATE_PINGS, "vpc_origin": {**BASE["vpc_origin"], "hosts": ["chat.example.com"]}}
        first = run("--config", write_config("first", closed), "--check")
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        self.assertIn("\n  ping_interval: 31s\n", first.stdout)
        ladder = rungs(first.stdout)
        self.assertEqual(ladder["silence_under_alb_idle"], "wrong")
        self.assertEqual(ladder["silence_under_cloudfront_idle"], "ok")
        self.assertEqual(ladder["deregistration_delay_under_stop_timeout"], "advice")
        self.assertIn("\n# wrong: silence_under_alb_idle: silent tunnels are cut without a Close frame", first.stdout)
        path = write_config("second", {})
        with open(path, "w", encoding="utf-8") as file:
            file.write(first.stdout)
        second = run("--config", path, "--check")
        self.assertEqual(second.stdout, first.stdout)

    def test_check_prints_the_enforcements_in_force_and_warns_when_anybody_comes_in(self):
        path = write_config("open", BASE)
        result = run("--config", path, "--check")
        self.assertEqual(result.returncode, 0)
        for check in ("trusted_peer", "edge_range", "via", "cf_id", "host", "origin"):
            self.assertIn(f"\n  {check}: ENFORCE\n", result.stdout)
        self.assertTrue(result.stderr.startswith(f"viaduct-sidecar: warning: {path}:4:3: vpc_origin: "), result.stderr)
        self.assertIn("any CloudFront customer, any page", result.stderr)

    def test_check_can_do_without_secrets(self):
        secret = {"sources": [{"name": "current", "environment": "NO_SUCH_VARIABLE"}]}
        path = write_config("secret", {**BASE, "vpc_origin": {**BASE["vpc_origin"], "secret": secret}})
        refused = run("--config", path, "--check")
        self.assertEqual(refused.returncode, 64)
        self.assertIn("no such variable is set, or it is empty", refused.stderr)
        checked = run("--config", path, "--check", "--no-secrets")
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        for line in ("secret_enforcement: ENFORCE", 'header: "x-origin-verify"', "format: TEXT"):
            self.assertIn(f" {line}\n", checked.stdout)

    def test_a_wrong_rung_is_a_warning_at_start(self):
        sidecar = Sidecar(free_port(), LATE_PINGS)
        self.addCleanup(sidecar.stop)
        sidecar.start()
        self.assertEqual(sidecar.terminate(), 0)
        warnings = [entry for entry in sidecar.log_entries() if entry["msg"] == "timeouts in the wrong order"]
        self.assertEqual([entry["rung"] for entry in warnings], ["silence_under_alb_idle"])
        self.assertEqual(warnings[0]["level"], "warn")
        self.assertEqual(warnings[0]["fix"], "set keepalive.ping_interval to 30s or less")

    def test_a_strict_ladder_makes_it_a_config_error(self):
        path = write_config("strict", {**BASE, **LATE_PINGS, "strict_ladder": True})
        result = run("--config", path)
        self.assertEqual((result.returncode, result.stdout), (64, ""))
        with open(path, encoding="utf-8") as file:
            line = 1 + file.read().split('"ping_interval"')[0].count("\n")
        self.assertTrue(
            result.stderr.startswith(f"viaduct-sidecar: {path}:{line}:"), f"line {line} is not in {result.stderr}"
        )
        self.assertIn(": keepalive.ping_interval: silence_under_alb_idle: ", result.stderr)

    def test_healthcheck_asks_the_running_sidecar(self):
        sidecar = Sidecar(free_port())
        self.addCleanup(sidecar.stop)
        sidecar.start()
        address = f"127.0.0.1:{sidecar.ops_port}"
        alive = run("healthcheck", "--ops", address, "--timeout", "30s")
        self.assertEqual((alive.returncode, alive.stdout), (0, f"viaduct-sidecar: http://{address}/healthz: 200 ok\n"))
        config = write_config("ops-only", {"ops_listen": f"0.0.0.0:{sidecar.ops_port}"})
        ready = run("healthcheck", "--config", config, "--ready", "--timeout", "30s")
        self.assertEqual((ready.returncode, ready.stdout), (0, f"viaduct-sidecar: http://{address}/readyz: 200 ok\n"))
        self.assertEqual(sidecar.terminate(), 0)
        gone = run("healthcheck", "--ops", address, "--timeout", "30s")
        self.assertEqual((gone.returncode, gone.stdout), (1, ""))
        self.assertEqual(gone.stderr, f"viaduct-sidecar: http://{address}/healthz: Connection refused\n")

    def test_what_is_wrong_is_64_and_says_why(self):
        for arguments, error in [
            ([], "--config FILE is required"),
            (["--verbose"], 'unknown argument "--verbose"'),
            (["healthcheck", "--check"], 'unknown argument "--check"'),
            (["healthcheck", "--config", "/nowhere.yaml"], "/nowhere.yaml"),
            (["--config", "/nowhere.yaml"], "/nowhere.yaml"),
        ]:
            with self.subTest(arguments=arguments):
                result = run(*arguments)
                self.assertEqual(result.returncode, 64)
                self.assertIn(error, result.stderr)

    def test_help_and_version(self):
        self.assertIn("healthcheck", run("--help").stdout)
        self.assertEqual(run("--version").stdout, "viaduct-sidecar 0.1.0\n")


if __name__ == "__main__":
    unittest.main()
