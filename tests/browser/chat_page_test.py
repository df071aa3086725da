"""The page in Chromium, with the real chat, the real sidecar and a balancer that cuts silent connections."""

import signal
import unittest

from tests.browser.browser import Browser
from tests.support.eventually import eventually
from tests.support.stack import Stack


class ChatPageTest(unittest.TestCase):
    def test_three_pages_chat(self):
        with Stack() as stack, Browser() as browser:
            pages = [browser.open(stack.url) for _ in range(3)]
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

    def test_idle_page_is_told_why(self):
        sidecar = {"timeouts": {"idle_timeout": "1s"}, "keepalive": {"ping_interval": "300ms"}}
        with Stack(sidecar=sidecar) as stack, Browser() as browser:
            page = browser.open(stack.url)
            first_id = page.own_id()
            code, reason, line = page.wait_for_closes()[0]
            self.assertEqual((code, reason), (1001, "idle timeout"))
            self.assertEqual(line, 'closed: code 1001, reason "idle timeout"')
            page.wait_until_open(other_than=first_id)
            # The line stays readable after the page came back.
            self.assertEqual(page.closes()[0][2], line)
            page.screenshot("idle_page_is_told_why")

    def test_pings_outlive_the_balancers_cut(self):
        # Two tasks behind the same kind of balancer, which cuts what is silent for 3 s. Without pings the page is cut,
        # twice while we watch; with pings a page that is as silent, opened before, keeps its first connection.
        without = {"keepalive": {"ping_interval": "0s"}}
        with_pings = {"keepalive": {"ping_interval": "300ms"}}
        with (
            Stack(sidecar=with_pings, tunnel_timeout="3s", name="pings") as pinged,
            Stack(sidecar=without, tunnel_timeout="3s", name="silent") as silent,
            Browser() as browser,
        ):
            kept = browser.open(pinged.url)
            kept_id = kept.own_id()
            cut = browser.open(silent.url)
            for code, reason, _ in cut.wait_for_closes(2):
                self.assertEqual((code, reason), (1006, ""))
            cut.screenshot("no_pings_cut")

            self.assertEqual(kept.closes(), [])
            kept.say("still here")
            kept.wait_for_message("own", kept_id, "still here")
            kept.screenshot("pings_outlive_the_cut")

    def test_restarted_sidecar_gets_its_page_back(self):
        with Stack() as stack, Browser() as browser:
            page = browser.open(stack.url)
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
