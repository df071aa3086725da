"""A test of the chat page before a server that follows a script."""

import unittest

from tests.browser.browser import Browser
from tests.browser.scripted_chat import ScriptedChat

# Another client's id.
OTHER = "cdeed963-7774-4afb-a565-b9344ddfc327"
ADA = "a1b2c3d4-70a1-4b01-8c0e-b4079569f24a"


class ScriptedPageTest(unittest.TestCase):
    """One browser for all tests; each test has its own `chat`, and `page`, which is open in the browser."""

    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.chat = self.enterContext(ScriptedChat())
        self.page = self.browser.open(self.chat.url)
        self.addCleanup(self.page.leave)
