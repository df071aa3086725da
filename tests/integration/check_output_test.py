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


if __name__ == "__main__":
    unittest.main()
