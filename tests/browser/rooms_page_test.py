"""Rooms, as a viewer of the page sees them."""

import unittest

from selenium.webdriver.common.keys import Keys

from tests.browser.browser import Browser
from tests.browser.scripted_chat import ScriptedChat
from tests.support.eventually import eventually

OTHER = "cdeed963-7774-4afb-a565-b9344ddfc327"


class RoomsPageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        # Another port is another origin for the browser: no test finds what another test's page stored.
        self.chat = self.enterContext(ScriptedChat())

    def open(self, room=""):
        query = f"?room={room}" if room else ""
        page = self.browser.open(self.chat.url + query)
        self.addCleanup(page.leave)
        return page

    def recent(self, page):
        """Returns the rooms that the panel offers, once there are any."""
        page.click("#rooms-button")
        script = "Array.from(document.querySelectorAll('#recent a'), (link) => link.dataset.room)"
        return eventually(lambda: page.evaluate(script), "the panel is open")

    def test_address_chooses_the_room(self):
        page = self.open("tea.time_1~-")
        self.assertEqual(self.chat.queries, ["room=tea.time_1~-&since=last-50"])
        self.assertEqual(page.title(), "tea.time_1~- · Viaduct chat")
        self.assertEqual(page.text("#room-name"), "tea.time_1~-")
        self.chat.publish("elsewhere", OTHER)
        self.chat.publish("here", OTHER, "tea.time_1~-")
        page.wait_for_message("other", OTHER, "here")
        self.assertEqual(len(page.messages()), 1)

    def test_no_room_is_the_main_room(self):
        page = self.open()
        self.assertEqual(self.chat.queries, ["since=last-50"])
        self.assertEqual((page.title(), page.text("#room-name")), ("Viaduct chat", "Main room"))

    def test_address_of_no_room_is_said(self):
        for name in ("a%20b", "x" * 65, "caf%C3%A9", "a%2Fb"):
            page = self.browser.visit(f"{self.chat.url}?room={name}")
            eventually(lambda page=page: page.text("#state") == "No such room", "the page says so")
            self.assertEqual(page.state(), "closed")
            self.assertIn("names no room", page.text("#empty"))
        self.assertEqual(self.chat.connections, 0)
        page.screenshot("no_such_room")
        # The link leads to a room.
        page.click("#rooms-button")
        page.write("#room", "lobby\n")
        page.wait_until_open()
        self.assertEqual(self.chat.queries, ["room=lobby&since=last-50"])

    def test_switcher_checks_the_name_and_goes_there(self):
        page = self.open()
        page.click("#rooms-button")
        for wrong, words in (("two words", "cannot be"), ("x" * 65, "cannot be"), ("ä", "cannot be"), (" ", "Write")):
            page.evaluate("(document.getElementById('room').value = '')")
            page.write("#room", wrong + Keys.ENTER)
            eventually(lambda words=words: words in page.text("#room-error"), f"{wrong!r} is refused")
            self.assertEqual(page.evaluate("document.activeElement.id"), "room")
        page.screenshot("room_refused")
        page.evaluate("(document.getElementById('room').value = '')")
        page.write("#room", "lobby")
        self.assertEqual(page.text("#room-error"), "")
        page.press(Keys.ENTER)
        eventually(lambda: page.title() == "lobby · Viaduct chat", "the page is in the room")
        page.wait_until_open()
        self.assertEqual(self.chat.queries, ["since=last-50", "room=lobby&since=last-50"])

    def test_recent_rooms_are_remembered_and_each_goes_on(self):
        page = self.open("first")
        self.chat.publish("seen", OTHER, "first")
        page.wait_for_message("other", OTHER, "seen")
        first_id = page.own_id()
        page.click("#rooms-button")
        page.write("#room", "second" + Keys.ENTER)
        second_id = page.wait_until_open(other_than=first_id)
        self.chat.publish("missed", OTHER, "first")
        self.assertEqual(self.recent(page), ["second", "first", ""])
        page.screenshot("rooms")
        page.click("#recent a[data-room=first]")
        page.wait_until_open(other_than=second_id)
        page.wait_for_message("other", OTHER, "missed")
        self.assertEqual([text for _, _, text in page.messages()], ["seen", "missed"])
        # Uses the browser's back button.
        page.evaluate("history.back()")
        eventually(lambda: page.title() == "second · Viaduct chat", "the page is in the second room")

    def test_recent_rooms_are_bounded(self):
        page = self.open()
        rooms = [f"room{number}" for number in range(10)]
        page.run_script(f"localStorage.setItem('viaduct.rooms', JSON.stringify({rooms}));")
        page = self.open()
        self.assertEqual(self.recent(page), ["", *rooms[:7]])

    def test_presence_is_of_now(self):
        page = self.open()
        self.assertEqual((page.client_count(), page.text("#count-label")), (1, "here"))
        for count in (3, 2):
            self.chat.say({"type": "presence", "clientCount": count})
            eventually(lambda count=count: page.client_count() == count, f"{count} are shown")


if __name__ == "__main__":
    unittest.main()
