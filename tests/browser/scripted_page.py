"""A test of the chat page before a server that follows a script."""

import unittest

from tests.browser.browser import Browser
from tests.browser.scripted_chat import ScriptedChat

# Another client's id.
OTHER = "cdeed963-7774-4afb-a565-b9344ddfc327"


class ScriptedPageTest(unittest.TestCase):
    """One browser for all tests; each test has its own `chat`, and `page`, which is open in the browser."""

    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.chat = self.enterContext(ScriptedChat())
        self.page = self.browser.open(self.chat.url)
        self.addCleanup(self.page.leave)
