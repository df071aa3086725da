"""The chat page's reaction to anything that a server may say, or fail to say."""

import re
import unittest

from selenium.webdriver.common.keys import Keys

from tests.browser.scripted_page import ADA, OTHER, ScriptedPageTest
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

    def test_operators_words_are_shown_as_they_are_and_labelled(self):
        welcome = '{"type":"welcome","id":"x","clientCount":9}'
        for text in ("maintenance at 12:00 UTC", "12", "null", welcome):
            self.chat.say({"type": "notice", "from": "Ops", "message": text})
            eventually(lambda text=text: self.page.notices()[-1:] == [text], f"{text!r} is shown")
        self.assertEqual(self.page.client_count(), 1)
        self.assertEqual(self.page.text("#log > [data-kind=notice] .sender"), "Operator · Ops")
        announced = "document.getElementById('announcer').textContent"
        eventually(lambda: "Operator · Ops: " in self.page.evaluate(announced), "it is announced")
        # A chat of before sends the text alone.
        self.chat.say("plain words")
        eventually(lambda: self.page.notices()[-1] == "plain words", "the text is shown")

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
            (1001, "idle timeout", "Disconnected after 0 seconds of silence"),
            (1012, "", "The server is restarting"),
            (1001, "server shutting down", "The server is restarting"),
            (4321, "<b>", "Connection lost"),
        ):
            own_id = self.page.own_id()
            count = len(self.page.closes())
            self.chat.close(code, reason)
            self.assertEqual(self.page.wait_for_closes(count + 1)[-1], (code, reason, line))
            self.page.evaluate("document.getElementById('reconnect').click()")
            self.page.wait_until_open(other_than=own_id)
        self.assertEqual(self.page.text("#log > [data-kind=close][data-code='4321'] .meaning"), 'code 4321 "<b>"')

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

    def test_restart_is_a_calm_line_with_a_countdown(self):
        self.chat.refusing = True
        # The longest wait, since a refusal has other words; and a browser without a network calls itself offline.
        self.page.run_script(
            "Math.random = () => 0.99; Object.defineProperty(Navigator.prototype, 'onLine', { get: () => true });"
        )
        self.chat.close(1012, "service restart")
        line = r"^The server is restarting, reconnecting in \d+ s$"
        eventually(lambda: re.match(line, self.page.text("#trouble p")), "the line counts down")
        self.assertEqual(self.page.evaluate("document.querySelector('[data-kind=close]').dataset.tone"), "calm")
        self.assertEqual(self.page.text("#state"), "Reconnecting")

    def test_offline_and_silence_are_told_at_once(self):
        self.assertEqual(self.page.text("#state"), "Connected")
        self.page.evaluate("window.dispatchEvent(new Event('offline'))")
        self.assertEqual(self.page.text("#state"), "Offline")
        self.assertIn("offline", self.page.text("#trouble"))
        self.page.screenshot("offline")
        own_id = self.page.own_id()
        self.page.evaluate("window.dispatchEvent(new Event('online'))")
        self.page.wait_until_open(other_than=own_id)
        self.assertEqual((self.page.text("#state"), self.page.closes()), ("Connected", []))
        self.chat.echoing = False
        self.page.say("hello?")
        eventually(lambda: self.page.text("#state") == "No answer", "the silence is told")
        self.assertRegex(self.page.text("#log > [data-delivery=pending] .delivery"), r"^sending… \d+ s$")
        self.page.screenshot("no_answer")
        self.broadcast("somebody else")
        eventually(lambda: self.page.text("#state") == "Connected", "the connection works")

    def test_way_back_through_the_browsers_cache_shows_no_cut(self):
        own_id = self.page.own_id()
        self.page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
        self.page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        self.page.wait_until_open(other_than=own_id)
        self.assertEqual(self.page.kinds(), [])

    def test_log_is_bounded_by_entries_and_by_characters(self):
        self.chat.publish_all([f"message {number}" for number in range(600)], OTHER)
        self.page.wait_for_message("other", OTHER, "message 599")
        self.assertEqual(self.page.entry_count(), 500)
        self.assertEqual(self.page.messages()[0][2], "message 100")
        self.chat.publish_all(["x" * 900_000, "y" * 900_000, "z" * 900_000], OTHER)
        eventually(lambda: [text[0] for *_, text in self.page.messages()][-1:] == ["z"], "the long messages are shown")
        # Two of them are all that is kept, and of each only the beginning is shown.
        self.assertEqual(self.page.messages(), [("other", OTHER, "y" * 3000), ("other", OTHER, "z" * 3000)])
        self.page.click("#log > li:last-child button")
        self.assertEqual(self.page.messages()[-1][2], "z" * 900_000)

    def test_long_message_and_draft_cost_no_other_memory(self):
        for text in ("first", "second"):
            self.broadcast(text)
        self.broadcast("L" * 260_000)
        self.page.wait_for_message("other", OTHER, "L" * 3000)
        self.page.run_script("document.getElementById('message').value = 'd '.repeat(60_000);")
        own_id = self.page.own_id()
        self.page.reload()
        self.page.wait_until_open(other_than=own_id)
        eventually(lambda: len(self.page.messages()) == 3, "the log is there again")
        self.assertEqual([text[:6] for *_, text in self.page.messages()], ["first", "second", "LLLLLL"])
        self.page.click("#log > li:last-child button")
        self.assertIn("260,000", self.page.text("#log > li:last-child .rest"))
        self.assertEqual(len(self.page.draft()), 100_000)

    def test_half_a_character_is_delivered_as_the_server_says(self):
        self.page.run_script(r"document.getElementById('message').value = 'x\ud83d';")
        self.page.evaluate("document.getElementById('composer').requestSubmit()")
        eventually(lambda: self.page.deliveries() == [("echoed", "x\ufffd")], "the message is echoed")

    def test_too_long_a_message_is_refused_before_it_is_sent(self):
        self.chat.welcome = {"maxMessageBytes": 10}
        own_id = self.page.own_id()
        self.page.reload()
        self.page.wait_until_open(other_than=own_id)
        self.page.say("こんにちは")
        self.assertEqual(self.page.text("#hint"), "Too long by 5 bytes: the server takes 10 bytes.")
        self.assertEqual((self.page.draft(), self.chat.received), ("こんにちは", []))

    def test_only_http_addresses_are_links(self):
        bad = "javascript:alert(1) http://bank.com@evil.example"
        self.broadcast(f"see https://example.com/a_(b)?c=1, (http://example.org) {bad}")
        links = "Array.from(document.querySelectorAll('.text a'), (a) => [a.textContent, a.rel, a.target])"
        eventually(lambda: self.page.evaluate(links), "links are shown")
        attributes = ["noopener noreferrer", "_blank"]
        expected = [[text, *attributes] for text in ("https://example.com/a_(b)?c=1", "http://example.org")]
        self.assertEqual(self.page.evaluate(links), expected)

    def test_runs_of_messages_are_grouped(self):
        for text, sender in (("one", OTHER), ("two", OTHER), ("three", ADA)):
            self.chat.publish(text, sender)
        self.page.wait_for_message("other", ADA, "three")
        grouped = "Array.from(document.querySelectorAll('#log > li'), (li) => li.hasAttribute('data-grouped'))"
        self.assertEqual(self.page.evaluate(grouped), [False, True, False])
        self.assertEqual(self.page.evaluate("document.querySelectorAll('.day').length"), 1)

    def test_who_joins_sees_what_was_said_and_where_they_began(self):
        for number in range(60):
            self.chat.publish(f"message {number}", OTHER)
        other = self.browser.open(self.chat.url)
        self.addCleanup(other.leave)
        eventually(lambda: other.kinds()[-1:] == ["joined"], "the line is shown")
        self.assertEqual(self.chat.queries[-1], "since=last-50")
        self.assertEqual([text for *_, text in other.messages()], [f"message {number}" for number in range(10, 60)])

    def test_unread_messages_are_marked_and_counted(self):
        self.chat.publish_all([f"line {number}" for number in range(60)], OTHER)
        self.page.wait_for_message("other", OTHER, "line 59")
        # Right after it was opened the page may still follow the newest message.
        up = "document.getElementById('scroller').scrollTo(0, 0);"
        offered = lambda: self.page.run_script(up) is None and self.page.text("#newest") == "Jump to newest"
        eventually(offered, "the way down is offered")
        self.chat.publish("unread", OTHER)
        self.chat.publish("unread, too", OTHER)
        eventually(lambda: self.page.text("#newest") == "2 new messages", "they are counted")
        self.page.screenshot("unread")
        self.page.click("#newest")
        mark = "document.querySelector('.mark').parentElement.querySelector('.text').textContent"
        self.assertEqual(self.page.evaluate(mark), "unread")
        self.page.say("I have read it")
        eventually(lambda: self.page.evaluate("document.querySelector('.mark') === null"), "the mark is gone")


class NamesPageTest(ScriptedPageTest):
    def test_name_is_chosen_once_kept_and_shown(self):
        own_id = self.page.own_id()
        self.page.choose_name(" Gra\u202ece\u0007 ")
        own_id = self.page.wait_until_open(other_than=own_id)
        self.assertEqual(self.chat.queries[-1], "since=epoch1-0&name=Grace")
        self.assertEqual(self.page.kinds(), [])
        eventually(lambda: self.page.people() == ["Grace (you)"], "the page tells who is here")
        self.page.reload()
        own_id = self.page.wait_until_open(other_than=own_id)
        self.assertFalse(self.page.text("#introduce"))
        self.page.click("#people-button")
        self.page.screenshot("people")
        self.page.evaluate("(document.getElementById('name').value = 'Hopper')")
        self.page.press(Keys.ESCAPE)
        self.page.evaluate("(document.getElementById('name').value = 'Hopper')")
        self.page.evaluate("document.getElementById('rename').requestSubmit()")
        self.page.wait_until_open(other_than=own_id)
        self.assertIn("name=Hopper", self.chat.queries[-1])

    def test_names_and_colours_of_others(self):
        for number in range(12):
            self.chat.publish("hello", f"{number:08x}-7774-4afb-a565-b9344ddfc327", name=f"Person {number}")
        self.chat.publish("hi", OTHER)
        self.chat.publish("hi", ADA, name="<b>A</b>\u202e" + "x" * 100)
        eventually(lambda: len(self.page.senders()) == 14, "all are shown")
        senders = self.page.senders()
        self.assertEqual(senders[0][0], "Person 0")
        self.assertEqual(len({colour for _, colour in senders[:12]}), 12)
        self.assertEqual(senders[12][0], "Guest cdee")
        self.assertEqual(senders[13][0], "<b>A</b>" + "x" * 24)

    def test_people_come_and_go_and_namesakes_are_told_apart(self):
        def tell(*people):
            listed = [{"id": person, "name": name} for person, name in people]
            self.chat.say({"type": "presence", "clientCount": len(people) + 1, "people": listed})

        tell((OTHER, "Ada"))
        eventually(lambda: self.page.comings_and_goings() == ["Ada joined"], "it is told")
        tell((OTHER, "Ada"), (ADA, "ada"))
        eventually(lambda: self.page.comings_and_goings()[-1] == "ada joined", "it is told")
        self.assertEqual(sorted(self.page.people()), ["Ada cdee", "ada a1b2"])
        # Who comes back at once has not left.
        tell((ADA, "ada"))
        tell(("00000000-7774-4afb-a565-b9344ddfc327", "Ada"), (ADA, "ada"))
        tell(("00000000-7774-4afb-a565-b9344ddfc327", "Ada"))
        eventually(lambda: self.page.comings_and_goings()[-1] == "ada left", "it is told")
        self.assertEqual(len(self.page.comings_and_goings()), 3)
        self.assertEqual(self.page.text("#people-button"), "2 here")


if __name__ == "__main__":
    unittest.main()
