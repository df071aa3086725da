"""Chromium, and the chat page in it as a viewer sees it.

    with Browser() as browser:
        page = browser.open(stack.url)
        page.say("hello")

What the page offers to tests is listed at the top of origin/page/chat.js and log.js.
"""

import os
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.support.eventually import eventually
from tests.support.places import outputs_dir

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=900,700",
]


class Browser:
    """One Chromium with a profile of its own; each page is a window of it."""

    def __enter__(self):
        self._home = tempfile.TemporaryDirectory(dir=os.environ["TEST_TMPDIR"], ignore_cleanup_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in [*ARGUMENTS, f"--user-data-dir={self._home.name}/profile"]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = Service(
            "/usr/bin/chromedriver",
            log_path=os.path.join(outputs_dir(), "chromedriver.log"),
            env={**os.environ, "HOME": self._home.name},
        )
        self.driver = webdriver.Chrome(service=service, options=options)
        self._blank = self.driver.current_window_handle
        return self

    def __exit__(self, kind, error, trace):
        self.driver.quit()
        self._home.cleanup()

    def visit(self, url):
        """Opens the chat page in a new window."""
        self.driver.switch_to.window(self._blank)
        self.driver.switch_to.new_window("window")
        self.driver.get(url)
        return Page(self.driver, self.driver.current_window_handle, url)

    def open(self, url):
        """Opens the chat page in a new window and waits until it has its id."""
        page = self.visit(url)
        page.wait_until_open()
        return page


class Page:
    """One open chat page."""

    def __init__(self, driver, window, url):
        self._driver = driver
        self._window = window
        self._url = url

    def leave(self):
        """Closes the window."""
        self._driver.switch_to.window(self._window)
        self._driver.close()

    def console(self):
        """Returns what the page's files wrote to the console since any page's last call: nothing, if all is well."""
        messages = [entry["message"] for entry in self._driver.get_log("browser")]
        return [message for message in messages if message.startswith(self._url)]

    def _select(self, selector):
        self._driver.switch_to.window(self._window)
        return self._driver.find_elements(By.CSS_SELECTOR, selector)

    def reload(self):
        self._driver.switch_to.window(self._window)
        self._driver.refresh()

    def devtools(self, method, **parameters):
        """Sends a command of the DevTools protocol to this window."""
        self._driver.switch_to.window(self._window)
        return self._driver.execute_cdp_cmd(method, parameters)

    def prefer(self, **features):
        """Sets the preferences of the viewer's system, as CSS media features: prefers_color_scheme="dark"."""
        pairs = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.devtools("Emulation.setEmulatedMedia", features=pairs)

    def resize(self, width, height):
        """Shows the page on a phone's screen of this size in CSS pixels."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True
        )

    def press(self, *keys):
        """Presses keys, wherever the focus is."""
        self._driver.switch_to.window(self._window)
        ActionChains(self._driver).send_keys(*keys).perform()

    def write(self, selector, text):
        self._select(selector)[0].send_keys(text)

    def evaluate(self, script, *arguments):
        """Returns the value of an expression of JavaScript."""
        return self._evaluate(script, *arguments)

    def run_script(self, script):
        """Returns the result of a function's body in JavaScript."""
        self._driver.switch_to.window(self._window)
        return self._driver.execute_script(script)

    def accessibility(self):
        """Returns the nodes that a screen reader gets, as the DevTools protocol describes them."""
        nodes = self.devtools("Accessibility.getFullAXTree")["nodes"]
        return [node for node in nodes if not node["ignored"]]

    def text(self, selector):
        """Returns the text that a viewer reads there: nothing, if it is hidden."""
        return self._select(selector)[0].text

    def title(self):
        self._driver.switch_to.window(self._window)
        return self._driver.title

    def _evaluate(self, script, *arguments):
        self._driver.switch_to.window(self._window)
        return self._driver.execute_script(f"return {script};", *arguments)

    def state(self):
        return self._evaluate("document.body.dataset.state")

    def standing(self):
        """Returns the page's place in its room's history: catching-up, live, resumed or gap."""
        return self._evaluate("document.body.dataset.standing || ''")

    def wait_for_standing(self, *standings):
        eventually(lambda: self.standing() in standings, lambda: f"the page is {standings}, not {self.standing()}")

    def own_id(self):
        return self._evaluate("document.getElementById('own-id').dataset.id || ''")

    def client_count(self):
        return int(self._evaluate("document.getElementById('client-count').textContent"))

    def wait_until_open(self, other_than=""):
        """Waits until the page is connected with another id than `other_than`, and returns the new id."""

        def is_open():
            own_id = self.own_id()
            return self.state() == "open" and own_id not in ("", other_than) and own_id

        return eventually(is_open, lambda: f"the page is open; it is {self.state()}")

    def say(self, text):
        """Writes a message and sends it, as a person does."""
        message = self._select("#message")[0]
        message.send_keys(text)
        message.send_keys(Keys.ENTER)

    def say_lines(self, *lines):
        """Writes a message of several lines and sends it."""
        message = self._select("#message")[0]
        for line in lines[:-1]:
            message.send_keys(line, Keys.SHIFT, Keys.ENTER, Keys.NULL)
        message.send_keys(lines[-1], Keys.ENTER)

    def clear_draft(self):
        self._select("#message")[0].clear()

    def draft(self):
        """Returns the unsent text in the input."""
        return self._evaluate("document.getElementById('message').value")

    def _entries(self, selector, fields):
        """Returns `fields` (of an `entry`) for each matching entry of the log, oldest first."""
        script = f"Array.from(document.querySelectorAll(arguments[0]), (entry) => [{fields}])"
        return [tuple(entry) for entry in self._evaluate(script, selector)]

    def messages(self):
        """Returns (kind, sender's id, text) of each message, oldest first; our own only after their echo."""
        return self._entries(
            "#log > [data-kind=other], #log > [data-delivery=echoed]",
            "entry.dataset.kind, entry.dataset.from, entry.querySelector('.text').textContent",
        )

    def wait_for_message(self, kind, sender, text):
        eventually(
            lambda: (kind, sender, text) in self.messages(),
            lambda: f"the page shows {text!r}; it shows {self.messages()}",
        )

    def deliveries(self):
        """Returns (state, text) of our own messages, oldest first: pending, echoed, unconfirmed or undelivered."""
        return self._entries(
            "#log > [data-kind=own]", "entry.dataset.delivery, entry.querySelector('.text').textContent"
        )

    def notices(self):
        """Returns the text of each notice, oldest first."""
        return [text for (text,) in self._entries("#log > [data-kind=notice]", "entry.querySelector('.text').textContent")]

    def resumes(self):
        """Returns the number of messages that came with each finished resume, oldest first."""
        return [
            int(count) for (count,) in self._entries("#log > [data-kind=resumed][data-done=true]", "entry.dataset.count")
        ]

    def kinds(self):
        """Returns the kind of each entry, oldest first."""
        return [kind for (kind,) in self._entries("#log > li:not([data-kind=people])", "entry.dataset.kind")]

    def comings_and_goings(self):
        """Returns the lines that tell who came and went, oldest first."""
        return [text for (text,) in self._entries("#log > [data-kind=people]", "entry.querySelector('.text').textContent")]

    def senders(self):
        """Returns (name as shown, colour) of each message of others, oldest first."""
        return self._entries(
            "#log > [data-kind=other]", "entry.querySelector('.sender').textContent, entry.dataset.colour"
        )

    def choose_name(self, name):
        """Answers the question that a new viewer is asked."""
        self.write("#first-name", name + Keys.ENTER)

    def people(self):
        """Returns who is here, as the panel tells it."""
        return self.evaluate("Array.from(document.querySelectorAll('#who li'), (one) => one.textContent)")

    def closes(self):
        """Returns (code, reason, the line as shown) of each connection's end, oldest first."""
        return self._entries(
            "#log > [data-kind=close]",
            "Number(entry.dataset.code), entry.dataset.reason, entry.querySelector('.text').textContent",
        )

    def wait_for_closes(self, count=1):
        """Waits for that many ends, and returns all of them."""
        return eventually(lambda: len(self.closes()) >= count and self.closes(), f"{count} closes are shown")

    def entry_count(self):
        """Returns the number of entries in the log."""
        return len(self._select("#log > li"))

    def click(self, selector):
        self._select(selector)[0].click()

    def screenshot(self, name):
        """Saves a picture of the page with the test's outputs."""
        self._select("body")
        self._driver.save_screenshot(os.path.join(outputs_dir(), f"{name}.png"))
