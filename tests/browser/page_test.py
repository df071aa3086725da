"""The chat page's reaction to anything that a server may say, or fail to say."""

import unittest

from tests.browser.scripted_page import OTHER, ScriptedPageTest
from tests.support.eventually import eventually


class PageTest(ScriptedPageTest):
    def broadcast(self, text):
        self.chat.say({"type": "broadcast", "from": OTHER, "message": text})

    def test_welcome_tells_id_and_count(self):
        self.assertRegex(self.page.own_id(), "^[0-9a-f-]{36}$")
        self.assertEqual(self.page.client_count(), 1)
        self.assertEqual(self.page.console(), [])

    def test_markup_is_shown_as_text(self):
        text = "<img src=x onerror=alert(1)><script>alert(2)</script>&amp;"
        self.broadcast(text)
        self.page.wait_for_message("other", OTHER, text)
        self.assertEqual(self.page.console(), [])

    def test_unknown_types_and_binary_are_ignored(self):
        before = self.page.entry_count()
        for message in ({"type": "news", "id": OTHER}, {}, [], b"\x00\x01"):
            self.chat.say(message)
        # Messages come in order: once this one is shown, the others would have been.
        self.broadcast("the last")
        self.page.wait_for_message("other", OTHER, "the last")
        self.assertEqual(self.page.entry_count(), before + 1)
        self.assertEqual(self.page.state(), "open")

    def test_text_that_is_no_json_object_is_a_notice(self):
        for text in ("maintenance at 12:00 UTC", "12", "null", '"quoted"'):
            self.chat.say(text)
            eventually(lambda text=text: self.page.notices()[-1] == text, f"{text!r} is shown")

    def test_own_message_is_pending_until_its_echo(self):
        self.chat.echoing = False
        self.page.say("hello")
        self.chat.wait_until_received("hello")
        eventually(lambda: self.page.deliveries() == [("pending", "hello")], "the message is shown")
        self.assertIn("sending", self.page.text("#log > [data-kind=own] .about"))
        self.page.screenshot("pending")
        self.chat.say({"type": "echo", "from": self.page.own_id(), "message": "hello"})
        eventually(lambda: self.page.deliveries() == [("echoed", "hello")], "the message is echoed")
        self.assertIn("✓", self.page.text("#log > [data-kind=own] .about"))

    def test_lines_are_kept_and_nothing_empty_is_sent(self):
        self.page.say("  ")
        self.page.clear_draft()
        self.page.say_lines("one", "two")
        self.chat.wait_until_received("one\ntwo")
        self.assertEqual(self.chat.received, ["one\ntwo"])

    def test_close_line_tells_code_and_reason(self):
        for code, reason, line in (
            (1001, "idle timeout", 'closed: code 1001, reason "idle timeout"'),
            (1012, "", "closed: code 1012, no reason"),
            (4321, "<b>", 'closed: code 4321, reason "<b>"'),
        ):
            own_id = self.page.own_id()
            count = len(self.page.closes())
            self.chat.close(code, reason)
            self.assertEqual(self.page.wait_for_closes(count + 1)[-1], (code, reason, line))
            self.page.wait_until_open(other_than=own_id)

    def test_close_on_purpose_stays_closed_until_asked(self):
        first_id = self.page.own_id()
        for code in (1000, 1008):
            connections = self.chat.connections
            self.chat.close(code, "removed by an operator")
            eventually(lambda: self.page.state() == "closed", "the page is closed")
            self.page.say("kept")
            self.assertEqual(self.page.draft(), "kept")
            self.assertEqual(self.chat.connections, connections)
            self.page.click("#reconnect")
            first_id = self.page.wait_until_open(other_than=first_id)
            self.page.clear_draft()

    def test_refused_attempts_back_off_without_filling_the_log(self):
        self.chat.refusing = True
        self.chat.cut()
        self.page.wait_for_closes()
        entries = self.page.entry_count()
        # Pressing the button again and again only makes attempts, all refused.
        for _ in range(5):
            eventually(lambda: self.page.state() == "reconnecting", "the page waits to reconnect")
            # A person cannot do this: the button is hidden while the page's own attempt goes on.
            self.page.evaluate("document.getElementById('reconnect').click()")
        eventually(lambda: self.page.state() == "reconnecting", "the page waits to reconnect")
        self.assertEqual(self.page.entry_count(), entries)
        self.assertEqual(len(self.page.closes()), 1)
        # The browser itself reports each refusal.
        self.assertTrue(all("503" in line for line in self.page.console()))
        self.chat.refusing = False
        self.page.evaluate("document.getElementById('reconnect').click()")
        self.page.wait_until_open()

    def test_log_is_bounded(self):
        for number in range(600):
            self.broadcast(f"message {number}")
        self.page.wait_for_message("other", OTHER, "message 599")
        self.assertEqual(self.page.entry_count(), 500)
        self.assertEqual(self.page.messages()[0][2], "message 100")


if __name__ == "__main__":
    unittest.main()
