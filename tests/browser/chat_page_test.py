"""The page in Chromium, with the real chat, the real sidecar and a balancer that cuts silent connections."""

import signal
import unittest
import urllib.error
import urllib.request

from tests.browser.browser import Browser
from tests.support.eventually import PATIENCE, eventually
from tests.support.stack import Stack


# Of all files that the page loads, in bytes.
MOST_WEIGHT = 60 * 1024


def fetched(url, accept="*/*"):
    """Returns (status, content type, body) of a GET."""
    request = urllib.request.Request(url, headers={"Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return response.status, response.headers["Content-Type"], response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read()


class ChatPageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser())

    def open(self, url):
        page = self.browser.open(url)
        self.addCleanup(page.leave)
        return page

    def check_files(self, page, url):
        """Checks that the page is light, and that a wrong address has a way back."""
        loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
        self.assertGreater(len(loaded), 10)
        weight = sum(len(fetched(file)[2]) for file in {url, url + "favicon.ico", *loaded})
        self.assertLess(weight, MOST_WEIGHT)
        self.assertEqual(fetched(url + "favicon.ico")[:2], (200, "image/x-icon"))
        self.assertEqual(fetched(url + "nothing"), (404, "text/plain; charset=utf-8", b"Not Found\n"))
        lost = self.browser.visit(url + "nothing")
        self.addCleanup(lost.leave)
        self.assertIn("Nothing is here", lost.text("h1"))
        lost.screenshot("not_found")
        lost.click("main a")
        lost.wait_until_open()

    def test_three_pages_chat(self):
        with Stack() as stack:
            pages = [self.open(stack.url) for _ in range(3)]
            ids = [page.own_id() for page in pages]
            self.assertEqual(len(set(ids)), 3)
            for page in pages:
                eventually(lambda page=page: page.client_count() == 3, "each page tells how many are there")

            texts = ["first", "こんにちは", '<b>"quoted" & \\ marked</b>']
            for page, text in zip(pages, texts):
                page.say(text)
                for reader, own_id in zip(pages, ids):
                    sender = page.own_id()
                    reader.wait_for_message("own" if own_id == sender else "other", sender, text)

            # Everybody gets everything once, in the same order.
            for page, own_id in zip(pages, ids):
                expected = [
                    ("own" if sender == own_id else "other", sender, text) for sender, text in zip(ids, texts)
                ]
                self.assertEqual(page.messages(), expected)
                self.assertEqual(page.closes(), [])
            pages[0].screenshot("three_pages_chat")
            self.assertEqual([page.console() for page in pages], [[], [], []])

            # A name is the browser's, so all of its pages have it, and are told apart. Who comes later sees what was said.
            pages[0].choose_name("Ada")
            for page, own_id in zip(pages, ids):
                page.wait_until_open(other_than=own_id)
            pages[0].say("now with a name")
            pages[1].wait_for_message("other", pages[0].own_id(), "now with a name")
            label = f"Ada {pages[0].own_id()[:4]}"
            eventually(lambda: pages[1].senders()[-1][0] == label, f"the sender is shown as {label}")
            eventually(lambda: label in pages[1].people(), "the page tells who is here")
            late = self.open(stack.url)
            self.assertEqual([text for *_, text in late.messages()], [*texts, "now with a name"])
            late.screenshot("who_joins_late")
            self.check_files(late, stack.url)

    def test_idle_page_is_told_why(self):
        sidecar = {"timeouts": {"idle_timeout": "1s"}, "keepalive": {"ping_interval": "300ms"}}
        with Stack(sidecar=sidecar) as stack:
            page = self.open(stack.url)
            first_id = page.own_id()
            code, reason, line = page.wait_for_closes()[0]
            self.assertEqual((code, reason), (1001, "idle timeout"))
            self.assertEqual(line, "Disconnected after 1 second of silence")
            page.wait_until_open(other_than=first_id)
            # The line stays readable after the page came back.
            self.assertEqual(page.closes()[0][2], line)
            page.screenshot("idle_page_is_told_why")

    def test_pings_outlive_the_balancers_cut(self):
        # Two tasks behind the same kind of balancer, which cuts what is silent for 2 s. Without pings the page is cut,
        # twice while we watch; with pings a page that is as silent, opened before, keeps its first connection.
        without = {"keepalive": {"ping_interval": "0s"}}
        with_pings = {"keepalive": {"ping_interval": "300ms"}}
        with (
            Stack(sidecar=with_pings, tunnel_timeout="2s", name="pings") as pinged,
            Stack(sidecar=without, tunnel_timeout="2s", name="silent") as silent,
        ):
            kept = self.open(pinged.url)
            kept_id = kept.own_id()
            cut = self.open(silent.url)
            for code, reason, _ in cut.wait_for_closes(2):
                self.assertEqual((code, reason), (1006, ""))
            cut.screenshot("no_pings_cut")

            self.assertEqual(kept.closes(), [])
            kept.say("still here")
            kept.wait_for_message("own", kept_id, "still here")
            kept.screenshot("pings_outlive_the_cut")

    def test_restarted_sidecar_gets_its_page_back(self):
        with Stack() as stack:
            page = self.open(stack.url)
            first_id = page.own_id()
            page.say("before")
            page.wait_for_message("own", first_id, "before")

            stack.sidecar.signal(signal.SIGTERM)
            code, _, _ = page.wait_for_closes()[0]
            self.assertEqual(code, 1012)
            self.assertEqual(stack.sidecar.wait(), 0)

            # Text written while there is no connection stays in the input.
            eventually(lambda: page.state() == "reconnecting", "the page waits to reconnect")
            page.say("after")
            self.assertEqual(page.draft(), "after")
            page.screenshot("reconnecting")

            stack.sidecar.start()
            second_id = page.wait_until_open(other_than=first_id)
            page.say("")
            page.wait_for_message("own", second_id, "after")
            self.assertEqual(page.draft(), "")
            self.assertEqual(
                page.messages(), [("own", first_id, "before"), ("own", second_id, "after")]
            )
            page.screenshot("restarted")


if __name__ == "__main__":
    unittest.main()
