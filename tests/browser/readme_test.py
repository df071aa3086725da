"""The client in README.md does what the text says about it."""

import re
import unittest

from tests.browser.browser import Browser
from tests.browser.scripted_chat import ScriptedChat
from tests.support.eventually import eventually
from tests.support.places import runfile

OTHER = "cdeed963-7774-4afb-a565-b9344ddfc327"
ROOM = "tea"


class ReadmeTest(unittest.TestCase):
    def setUp(self):
        self.chat = self.enterContext(ScriptedChat())
        browser = self.enterContext(Browser())
        with open(runfile("README.md"), encoding="utf-8") as file:
            code = re.search(r"```js\n(.*?)```", file.read(), re.DOTALL)[1]
        # A document of the chat's host that has no script of its own.
        self.page = browser.visit(self.chat.url + "favicon.svg")
        self.page.run_script(
            code.replace("wss://", "ws://")
            + f"window.shown = []; join('{ROOM}', (from, message) => shown.push([from, message]));"
        )
        eventually(lambda: self.chat.connections == 1, "the client is there")

    def wait_for(self, *expected):
        eventually(
            lambda: [message for _, message in self.page.evaluate("shown")] == list(expected),
            lambda: f"{expected} is shown, not {self.page.evaluate('shown')}",
        )

    def test_client_resumes_without_loss_or_doubles_and_tells_a_gap(self):
        self.chat.publish("one", OTHER, ROOM)
        self.wait_for("one")
        self.chat.degraded = True
        self.chat.publish("two", OTHER, ROOM)
        self.chat.say({"type": "notice", "message": "maintenance at 12:00 UTC"})
        self.wait_for("one", "two", "maintenance at 12:00 UTC")
        self.chat.degraded = False
        self.chat.cut()
        self.chat.publish("three", OTHER, ROOM)
        eventually(lambda: self.chat.connections == 2, "the client is back")
        self.assertEqual(self.chat.queries[-1], f"room={ROOM}&since=epoch1-1")
        self.wait_for("one", "two", "maintenance at 12:00 UTC", "three")
        self.chat.begin_anew()
        self.chat.cut()
        eventually(lambda: self.chat.connections == 3, "the client is back")
        self.wait_for("one", "two", "maintenance at 12:00 UTC", "three", "some messages are missing here")


if __name__ == "__main__":
    unittest.main()
