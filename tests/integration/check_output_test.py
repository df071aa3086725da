"""The output of --check for the example configs, so that a changed default shows in review."""

import os
import re
import subprocess
import unittest

from tests.support.places import outputs_dir, runfile

# The default of `workers` is the number of this machine's CPUs.
WORKERS = re.compile(r"^workers: \d+$", re.MULTILINE)


class CheckOutputTest(unittest.TestCase):
    def expect_golden(self, program, config, golden):
        command = [runfile(program), "--config", runfile(config), "--check"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        printed = WORKERS.sub("workers: 2", result.stdout)
        with open(os.path.join(outputs_dir(), golden), "w", encoding="utf-8") as file:
            file.write(printed)
        with open(runfile(f"tests/integration/golden/{golden}"), encoding="utf-8") as file:
            self.assertEqual(printed, file.read(), f"the new {golden} is among the test's outputs")

    def test_sidecar(self):
        self.expect_golden("sidecar/viaduct-sidecar", "deploy/local/sidecar.yaml", "sidecar_check.yaml")

    def test_chat(self):
        self.expect_golden("origin/viaduct-chat", "deploy/local/chat.yaml", "chat_check.yaml")

    def check(self, program, source, **options):
        command = [runfile(program), "--config", source, "--check"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)

    def test_config_without_a_file(self):
        for program, config in (
            ("sidecar/viaduct-sidecar", "deploy/local/sidecar.yaml"),
            ("origin/viaduct-chat", "deploy/local/chat.yaml"),
        ):
            with open(runfile(config), encoding="utf-8") as file:
                text = file.read()
            from_file = self.check(program, runfile(config))
            from_variable = self.check(program, "env:VIADUCT_CONFIG", env={"VIADUCT_CONFIG": text})
            from_input = self.check(program, "-", input=text)
            self.assertEqual(from_file.returncode, 0)
            for result in (from_variable, from_input):
                self.assertEqual((result.returncode, result.stderr, result.stdout), (0, "", from_file.stdout))

    def test_errors_name_the_place_in_a_variable_or_standard_input(self):
        text = "listen: 127.0.0.1:0\nno_such_setting: 1\n"
        for program in ("sidecar/viaduct-sidecar", "origin/viaduct-chat"):
            wrong = self.check(program, "env:VIADUCT_CONFIG", env={"VIADUCT_CONFIG": text})
            self.assertEqual(wrong.returncode, 64)
            self.assertIn("env:VIADUCT_CONFIG:2:1: ", wrong.stderr)
            wrong = self.check(program, "-", input=text)
            self.assertEqual(wrong.returncode, 64)
            self.assertIn("standard input:2:1: ", wrong.stderr)
            missing = self.check(program, "env:VIADUCT_CONFIG", env={})
            self.assertEqual(missing.returncode, 64)
            self.assertIn("env:VIADUCT_CONFIG: the environment variable is not set", missing.stderr)


if __name__ == "__main__":
    unittest.main()
