"""The alerts and the dashboards of deploy/observability, against promtool and live metrics of both programs."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from tests.support.edge_request import EDGE_HEADERS, HOST, RawClient, head
from tests.support.places import runfile
from tests.support.redis_server import RedisServer
from tests.support.stack import Chat, Stack

PROMTOOL = "/usr/bin/promtool"
ALERTS = "deploy/observability/alerts.yaml"
DASHBOARD = "deploy/observability/sidecar-dashboard.json"
CHAT_DASHBOARD = "deploy/observability/chat-dashboard.json"
METRIC = re.compile(r"\b(?:viaduct|process)_[a-z_]+\b")


def promtool(*arguments, text=None):
    result = subprocess.run(
        [PROMTOOL, *arguments], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    return result.returncode, result.stdout + result.stderr


def read(path):
    with open(runfile(path), encoding="utf-8") as file:
        return file.read()


def families(scrape):
    """Each family's name, with what its type adds to it in expressions."""
    names = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", scrape, re.M):
        names.update([f"{name}_bucket", f"{name}_sum", f"{name}_count"] if kind == "histogram" else [name])
    return names


def named_by(path):
    """Returns the metrics that a dashboard shows."""
    dashboard = json.loads(read(path))
    text = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    text += dashboard["annotations"]["list"][0]["expr"]
    text += dashboard["templating"]["list"][1]["query"]["query"]
    return set(METRIC.findall(text))


class ObservabilityTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        secret = tempfile.NamedTemporaryFile("w", suffix=".secret", delete=False)
        cls.addClassCleanup(os.unlink, secret.name)
        with secret:
            secret.write("a-secret-of-enough-length\n")
        source = {"name": "current", "file": secret.name}
        sidecar = {"vpc_origin": {"secret": {"sources": [source]}, "secret_enforcement": "MONITOR"}}
        with Stack(sidecar=sidecar) as stack:
            request = head([("host", HOST), *EDGE_HEADERS, ("connection", "close")], "/")
            RawClient(stack.sidecar.port, request).read_to_end()
            cls.scrape = stack.sidecar.metrics()
        redis = RedisServer()
        cls.addClassCleanup(redis.stop)
        redis.start()
        chat = Chat({"broker": {"redis": {"address": redis.address}}})
        cls.addClassCleanup(chat.stop)
        chat.start()
        cls.chat_scrape = chat.metrics()

    def test_promtool_finds_no_fault_in_the_metrics(self):
        self.assertEqual(promtool("check", "metrics", text=self.scrape), (0, ""))
        self.assertEqual(promtool("check", "metrics", text=self.chat_scrape), (0, ""))

    def test_promtool_finds_no_fault_in_the_alerts(self):
        status, output = promtool("check", "rules", runfile(ALERTS))
        self.assertEqual(status, 0, output)

    def test_the_alerts_fire_when_they_should(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(runfile(ALERTS), folder)
            shutil.copy(runfile("tests/integration/alerts_test.yaml"), folder)
            status, output = promtool("test", "rules", os.path.join(folder, "alerts_test.yaml"))
        self.assertEqual(status, 0, output)

    def test_every_metric_that_an_alert_names_is_scraped(self):
        named = set(METRIC.findall(" ".join(re.findall(r"expr:(.*?)(?:for|labels):", read(ALERTS), re.S))))
        self.assertGreater(len(named), 18)
        self.assertLessEqual(named, families(self.scrape) | families(self.chat_scrape))

    def test_the_operators_document_names_each_alert(self):
        alerts = re.findall(r"- alert: (\S+)", read(ALERTS))
        rows = re.findall(r"^\| `(Viaduct\w+)` \|", read("docs/operations.md"), re.M)
        self.assertEqual(alerts, rows)

    def test_each_alert_leads_to_a_part_of_the_runbooks(self):
        titles = re.findall(r"^## (.+)$", read("docs/runbooks.md"), re.M)
        anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
        urls = re.findall(r"runbook_url: docs/runbooks.md#(\S+)", read(ALERTS))
        self.assertEqual(len(urls), len(re.findall(r"- alert:", read(ALERTS))))
        self.assertLessEqual(set(urls), anchors)

    def test_every_metric_that_a_dashboard_shows_is_scraped(self):
        named = named_by(DASHBOARD)
        self.assertGreater(len(named), 20)
        self.assertLessEqual(named, families(self.scrape))
        named = named_by(CHAT_DASHBOARD)
        self.assertGreater(len(named), 20)
        self.assertLessEqual(named, families(self.chat_scrape))

    def test_every_metric_of_the_sidecar_is_in_the_operators_document(self):
        document = read("docs/operations.md")
        own = {name for name in re.findall(r"^# TYPE (viaduct_\S+)", self.scrape, re.M)}
        self.assertEqual([name for name in sorted(own) if f"`{name}" not in document], [])


if __name__ == "__main__":
    unittest.main()
