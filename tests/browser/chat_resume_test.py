"""Pages that lose their connection in every way a task knows, by the real chat and sidecar: nothing is lost or doubled.

A writer that is connected to the chat itself goes on writing while no page is there.
"""

import signal
import unittest

from tests.browser.browser import Browser
from tests.support.eventually import eventually
from tests.support.redis_server import RedisServer
from tests.support.stack import Chat, Stack
from tests.support.viewers import Viewers

ROOM = "tea"
PAGES = 3
NO_PINGS = {"keepalive": {"ping_interval": "0s"}}


def bytes_to_chat(stack):
    """Returns the bytes that the sidecar has written to its tunnels' sockets towards the chat."""
    return stack.sidecar.metric('viaduct_tunnel_bytes_total{to="upstream"}')


class Writer:
    """Somebody who writes to the room and stays connected."""

    def __init__(self, test, chat):
        self._viewers = Viewers(chat.port, target=f"/websocket?room={ROOM}")
        test.addCleanup(self._viewers.stop)
        self._connection, name = self._viewers.open()
        self._id = name.removeprefix("connections/")
        self.written = []

    def write(self, count=1):
        for _ in range(count):
            self.written.append(("other", self._id, f"message {len(self.written)}"))
            self._viewers.say(self._connection, self.written[-1][2])


class ChatResumeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser())

    def open(self, url):
        page = self.browser.open(url)
        self.addCleanup(page.leave)
        return page

    def check(self, pages, written):
        """Waits until every page shows all that was written, once and in order."""
        for page in pages:
            eventually(
                lambda page=page: len(page.messages()) >= len(written),
                lambda page=page: f"the page shows {len(written)} messages, not only {page.messages()}",
            )
            self.assertEqual(page.messages(), written)
            self.assertNotIn("gap", page.kinds())

    def test_restarted_sidecar_costs_no_message(self):
        with Stack() as stack:
            writer = Writer(self, stack.chat)
            pages = [self.open(f"{stack.url}?room={ROOM}") for _ in range(PAGES)]
            elsewhere = self.open(stack.url)
            writer.write()
            self.check(pages, writer.written)
            for page in pages:
                eventually(lambda page=page: page.client_count() == PAGES + 1, "each knows who is there")

            stack.sidecar.signal(signal.SIGTERM)
            for page in pages:
                self.assertEqual(page.wait_for_closes()[-1][0], 1012)
            self.assertEqual(stack.sidecar.wait(), 0)
            writer.write(5)
            stack.sidecar.start()
            self.check(pages, writer.written)
            for page in pages:
                eventually(lambda page=page: page.resumes() == [5], "the resume is told")
            writer.write()
            self.check(pages, writer.written)
            pages[0].screenshot("sidecar_restarted")
            self.assertEqual(elsewhere.messages(), [])

    def cut_again_and_again(self, code, **stack_options):
        """Pages that are cut whenever they are silent for a while, and a writer who writes once while each is away."""
        with Stack(**stack_options) as stack:
            writer = Writer(self, stack.chat)
            pages = [self.open(f"{stack.url}?room={ROOM}") for _ in range(PAGES)]
            for page in pages:
                writer.write()
                own_id = page.own_id()
                count = len(page.closes())
                self.assertEqual(page.wait_for_closes(count + 1)[-1][0], code)
                writer.write(2)
                page.wait_until_open(other_than=own_id)
            self.check(pages, writer.written)
            for page in pages:
                self.assertEqual({closed for closed, _, _ in page.closes()}, {code})
            pages[0].screenshot(f"cut_by_{code}")

    def test_balancer_that_cuts_idle_pages_costs_no_message(self):
        self.cut_again_and_again(1006, sidecar=NO_PINGS, tunnel_timeout="1s")

    def test_idle_timeout_costs_no_message(self):
        self.cut_again_and_again(1001, sidecar={"timeouts": {"idle_timeout": "2s"}})

    def test_message_whose_echo_was_cut_off_is_confirmed(self):
        with Stack() as stack:
            page = self.open(f"{stack.url}?room={ROOM}")
            first_id = page.own_id()
            # The chat gets the message only after its sender has gone.
            stack.chat.signal(signal.SIGSTOP)
            before = bytes_to_chat(stack)
            page.say("under way")
            eventually(lambda: page.deliveries() == [("pending", "under way")], "the message is sent")
            # More than a Pong is long.
            passed = before + len("under way")
            eventually(lambda: bytes_to_chat(stack) >= passed, "the sidecar has passed the message on")
            self.assertEqual(page.deliveries(), [("pending", "under way")])
            stack.sidecar.signal(signal.SIGKILL)
            self.assertEqual(stack.sidecar.wait(), -signal.SIGKILL)
            eventually(lambda: page.deliveries() == [("unconfirmed", "under way")], "the message is unconfirmed")
            stack.chat.signal(signal.SIGCONT)
            stack.sidecar.start()
            page.wait_until_open(other_than=first_id)
            eventually(lambda: page.deliveries() == [("echoed", "under way")], "the message is confirmed")
            self.assertEqual(page.messages(), [("own", first_id, "under way")])

    def test_page_that_was_alone_finds_no_gap(self):
        with Stack() as stack:
            page = self.open(stack.url)
            for _ in range(2):
                own_id = page.own_id()
                page.reload()
                page.wait_until_open(other_than=own_id)
                page.wait_for_standing("resumed")
            # Whoever leaves by themselves is not told that nothing was missed.
            self.assertEqual(page.kinds(), [])

    def test_restarted_chat_forgets_and_the_page_says_so(self):
        with Stack() as stack:
            pages = [self.open(f"{stack.url}?room={ROOM}") for _ in range(PAGES)]
            writer = Writer(self, stack.chat)
            writer.write()
            self.check(pages, writer.written)
            self.assertEqual(stack.chat.terminate(), 0)
            for page in pages:
                self.assertEqual(page.wait_for_closes()[-1][0], 1001)
                self.assertEqual(page.closes()[-1][2], "The server is restarting")
            stack.chat.start()
            for page in pages:
                eventually(lambda page=page: "gap" in page.kinds(), "the gap is shown")
            again = Writer(self, stack.chat)
            again.write(2)
            for page in pages:
                expected = writer.written + again.written
                eventually(lambda page=page: page.messages() == expected, "the page goes on")
                self.assertEqual(page.kinds().count("gap"), 1)
            pages[0].screenshot("chat_restarted")

    def test_restarted_chat_of_several_costs_no_message(self):
        redis = RedisServer()
        self.addCleanup(redis.stop)
        redis.start()
        broker = {"broker": {"redis": {"address": redis.address}}}
        other = Chat(broker, name="other")
        self.addCleanup(other.stop)
        other.start()
        with Stack(chat=broker) as stack:
            # The writer is on another task than the readers.
            writer = Writer(self, other)
            pages = [self.open(f"{stack.url}?room={ROOM}") for _ in range(PAGES)]
            for page in pages:
                eventually(lambda page=page: page.client_count() == PAGES + 1, "each knows who is there")
            writer.write()
            self.check(pages, writer.written)
            self.assertEqual(stack.chat.terminate(), 0)
            for page in pages:
                self.assertEqual(page.wait_for_closes()[-1][0], 1001)
            writer.write(5)
            stack.chat.start()
            self.check(pages, writer.written)
            pages[0].screenshot("chat_of_several_restarted")


if __name__ == "__main__":
    unittest.main()
