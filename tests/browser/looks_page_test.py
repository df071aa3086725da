"""The look of the page, and its use without seeing it or with little room."""

import unittest

from selenium.webdriver.common.keys import Keys

from tests.browser.scripted_page import OTHER, ScriptedPageTest
from tests.support.eventually import eventually
from tests.support.places import runfile

# WCAG 2.2, 1.4.3 (AA), text of any size.
LEAST_CONTRAST = 4.5
PHONE = (360, 640)
WIDTHS = {"narrow": (320, 640), "tablet": (768, 1024), "desktop": (1280, 800)}
HEBREW = "שלום לכולם, מה שלומכם היום?"


class LooksPageTest(ScriptedPageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(runfile("tests/browser/contrast.js"), encoding="utf-8") as file:
            cls.contrast_script = file.read()

    def fill(self):
        """Brings an entry of each kind into the log: of messages, lines and states of our own."""
        self.chat.publish("Good morning! " * 8, OTHER)
        self.chat.publish(HEBREW, OTHER)
        self.chat.say({"type": "notice", "from": "Ops", "message": "maintenance at 12:00 UTC, see https://example.com"})
        self.page.say("delivered")
        self.page.wait_for_message("own", self.page.own_id(), "delivered")
        self.chat.taking = False
        self.page.say("lost")
        self.chat.wait_until_received("lost")
        own_id = self.page.own_id()
        self.chat.begin_anew()
        self.chat.cut()
        self.page.wait_for_closes()
        self.page.evaluate("document.getElementById('reconnect').click()")
        self.page.wait_until_open(other_than=own_id)
        eventually(lambda: self.page.deliveries()[-1][0] == "undelivered", "the message is offered again")
        self.page.say("sending")
        eventually(lambda: self.page.deliveries()[-1][0] == "pending", "the message is shown")
        kinds = {"own", "other", "notice", "close", "gap", "resumed"}
        self.assertEqual(set(self.page.kinds()), kinds)

    def check_contrast(self, what):
        measured = self.page.run_script(self.contrast_script)
        self.assertGreater(len(measured), 15, what)
        poor = [(text, round(ratio, 2)) for text, ratio in measured if ratio < LEAST_CONTRAST]
        self.assertEqual(poor, [], what)

    def ground(self):
        return self.page.evaluate("getComputedStyle(document.body).backgroundColor")

    def test_contrast_is_enough_in_dark_and_light(self):
        self.fill()
        grounds = set()
        for scheme in ("light", "dark"):
            self.page.prefer(prefers_color_scheme=scheme)
            grounds.add(self.ground())
            self.check_contrast(scheme)
            self.page.screenshot(f"looks_{scheme}")
            self.page.click("#rooms-button")
            self.page.write("#room", "two words" + Keys.ENTER)
            self.check_contrast(f"{scheme}, with the rooms open")
            self.page.screenshot(f"rooms_{scheme}")
            self.page.press(Keys.ESCAPE)
        self.assertEqual(len(grounds), 2)
        for name, size in WIDTHS.items():
            self.page.resize(*size)
            for scheme in ("light", "dark"):
                self.page.prefer(prefers_color_scheme=scheme)
                self.page.screenshot(f"looks_{name}_{scheme}")
                self.page.click("#people-button")
                self.page.screenshot(f"people_{name}_{scheme}")
                self.check_contrast(f"{name}, {scheme}, with the people open")
                self.page.press(Keys.ESCAPE)
            header = self.page.evaluate("document.querySelector('header').getBoundingClientRect().height")
            self.assertLess(header, 60, f"one row, {name}")
            left = "document.querySelector('{}').getBoundingClientRect().left"
            for edge in ("#rooms-button", "#message") if name == "narrow" else ("h1", "#message"):
                self.assertEqual(self.page.evaluate(left.format(edge)), self.page.evaluate(left.format("#log")), edge)
        self.chat.refusing = True
        self.chat.cut()
        for scheme in ("light", "dark"):
            eventually(lambda: self.page.state() == "reconnecting", "the page waits to reconnect")
            self.page.prefer(prefers_color_scheme=scheme)
            self.check_contrast(f"{scheme}, reconnecting")
            for name, size in WIDTHS.items():
                self.page.resize(*size)
                self.page.screenshot(f"reconnecting_{name}_{scheme}")
        self.page.prefer()

    def test_choice_of_colours_wins_over_the_system_and_is_kept(self):
        self.page.prefer(prefers_color_scheme="light")
        light = self.ground()
        self.page.prefer(prefers_color_scheme="dark")
        dark = self.ground()
        names = []
        self.page.click("#people-button")
        for expected in (light, dark, dark):
            self.page.click("#theme")
            names.append(self.page.text("#theme-name"))
            self.assertEqual(self.ground(), expected)
        self.assertEqual(names, ["light", "dark", "as the system"])
        self.page.click("#theme")
        self.page.reload()
        self.page.click("#people-button")
        self.assertEqual((self.ground(), self.page.text("#theme-name")), (light, "light"))
        self.page.evaluate("localStorage.clear()")
        self.page.prefer()

    def test_phone_has_no_sideways_scroll_and_the_composer_in_view(self):
        self.page.resize(*PHONE)
        self.fill()
        self.chat.publish("https://example.com/" + "long" * 100, OTHER)
        self.chat.publish("w" * 300, "x" * 200)
        eventually(lambda: "w" * 300 in [text for *_, text in self.page.messages()], "the long word is shown")
        for what, height in (("phone", PHONE[1]), ("phone_keyboard", 320)):
            self.page.resize(PHONE[0], height)
            for name in ("html", "body", "main", "#scroller", "header"):
                script = f"((e) => e.scrollWidth - e.clientWidth)(document.querySelector('{name}'))"
                self.assertEqual(self.page.evaluate(script), 0, f"{name}, {what}")
            for name in ("#message", "#send"):
                box = self.page.evaluate(f"document.querySelector('{name}').getBoundingClientRect().toJSON()")
                self.assertLessEqual(box["bottom"], height, name)
                self.assertLessEqual(box["right"], PHONE[0], name)
            # The messages above it stay readable.
            self.assertGreater(self.page.evaluate("document.getElementById('scroller').clientHeight"), 100, what)
            self.page.screenshot(what)
        self.page.resize(*PHONE)
        self.page.click("#rooms-button")
        box = self.page.evaluate("document.getElementById('rooms').getBoundingClientRect().toJSON()")
        self.assertGreaterEqual(box["left"], 0)
        self.assertLessEqual(box["right"], PHONE[0])
        self.page.screenshot("phone_rooms")

    def test_text_runs_in_its_own_direction(self):
        self.chat.publish(HEBREW, OTHER)
        self.page.wait_for_message("other", OTHER, HEBREW)
        direction = "getComputedStyle(document.querySelector('{}')).direction"
        self.assertEqual(self.page.evaluate(direction.format("[data-kind=other] .text")), "rtl")
        self.assertEqual(self.page.evaluate(direction.format("[data-kind=other] .about")), "ltr")
        self.page.write("#message", HEBREW)
        self.assertEqual(self.page.evaluate(direction.format("#message")), "rtl")

    def test_every_control_has_a_role_and_a_name(self):
        self.fill()
        found = set()
        for node in self.page.accessibility():
            role, name = node["role"]["value"], node.get("name", {}).get("value", "")
            properties = {entry["name"]: entry["value"].get("value") for entry in node.get("properties", [])}
            if properties.get("focusable") and role != "RootWebArea":
                found.add((role, name))
        expected = {
            ("link", "Skip to your message"),
            ("button", "Change room, now in Main room"),
            ("button", "1 here"),
            ("log", "Messages"),
            ("link", "https://example.com"),
            ("textbox", "What should others call you?"),
            ("button", "Save"),
            ("button", "Not now"),
            ("button", "Send again"),
            ("textbox", "Your message"),
            ("button", "Send"),
        }
        self.assertEqual(found, expected)

    def test_landmarks_tell_the_parts_of_the_page(self):
        found = {
            (node["role"]["value"], node.get("name", {}).get("value", "")) for node in self.page.accessibility()
        }
        for landmark in (("banner", ""), ("navigation", "Rooms"), ("main", ""), ("form", "Write"), ("status", "")):
            self.assertIn(landmark, found)
        self.assertIn(("heading", "Viaduct chat"), found)

    def test_keyboard_goes_through_all_in_order_and_shows_where_it_is(self):
        self.fill()
        self.page.evaluate("document.activeElement.blur()")
        script = "[document.activeElement.id || document.activeElement.className || document.activeElement.textContent]"
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        order = []
        # Starts from the top, whatever had the focus before.
        self.page.evaluate("document.querySelector('.skip').focus()")
        for _ in range(12):
            order += self.page.evaluate(script)
            self.assertNotEqual(self.page.evaluate(outline), "none", order[-1])
            self.page.press(Keys.TAB)
        expected = ["skip", "rooms-button", "people-button", "scroller", "https://example.com", "Send again", "newest"]
        self.assertEqual(order, [*expected, "first-name", "Save", "no-name", "message", "send"])
        self.page.evaluate("document.querySelector('.skip').focus()")
        self.page.screenshot("skip_link")
        self.page.press(Keys.ENTER)
        self.assertEqual(self.page.evaluate("document.activeElement.id"), "message")

    def test_rooms_open_and_close_by_keyboard(self):
        self.page.evaluate("document.getElementById('rooms-button').focus()")
        self.page.press(Keys.ENTER)
        eventually(lambda: self.page.evaluate("document.activeElement.id") == "room", "the name can be written")
        self.page.press(Keys.ESCAPE)
        eventually(lambda: self.page.evaluate("document.activeElement.id") == "rooms-button", "the focus is back")

    def test_a_flood_is_announced_as_a_number(self):
        self.page.run_script(
            "window.said = [];"
            "new MutationObserver(() => said.push(document.getElementById('announcer').textContent))"
            ".observe(document.getElementById('announcer'), { childList: true });"
        )
        self.chat.publish("hello", OTHER)
        eventually(lambda: any("hello" in said for said in self.page.evaluate("said")), "one message is read out")
        for number in range(300):
            self.chat.publish(f"message {number}", OTHER)
        eventually(lambda: "message 299" in self.page.evaluate("said")[-1], "the last message is announced")
        said = self.page.evaluate("said")
        self.assertRegex(said[-1], r"^(\d+ new messages\. The last one: )?Guest cdee: message")
        numbers = [int(line.split()[0]) for line in said if "new messages" in line]
        self.assertGreater(sum(numbers), 200)
        self.assertLess(len(said), 50)

    def test_motion_only_for_those_who_want_it(self):
        self.chat.refusing = True
        moving = "getComputedStyle(document.querySelector('.dot')).animationName"
        self.page.run_script("document.body.dataset.state = 'connecting';")
        self.page.prefer(prefers_reduced_motion="reduce")
        self.assertEqual(self.page.evaluate(moving), "none")
        self.page.prefer(prefers_reduced_motion="no-preference")
        self.assertEqual(self.page.evaluate(moving), "breathe")
        self.page.prefer()

    def metrics(self):
        """Returns Chromium's counts for the page."""
        self.page.devtools("HeapProfiler.collectGarbage")
        return {entry["name"]: entry["value"] for entry in self.page.devtools("Performance.getMetrics")["metrics"]}

    def test_ten_thousand_messages_leave_the_page_as_quick(self):
        self.page.devtools("Performance.enable")
        self.chat.publish_all([f"message {number}" for number in range(1_000)], OTHER)
        self.page.wait_for_message("other", OTHER, "message 999")
        before = self.metrics()
        self.chat.publish_all([f"message {number}" for number in range(1_000, 10_000)], OTHER)
        self.page.wait_for_message("other", OTHER, "message 9999")
        after = self.metrics()
        self.assertEqual(self.page.entry_count(), 500)
        # Many entries are laid out at once, and the memory of removed entries is freed.
        self.assertLess(after["LayoutCount"] - before["LayoutCount"], 9_000 / 4)
        self.assertLess(after["Nodes"], before["Nodes"] * 1.5)
        self.assertLess(after["JSHeapUsedSize"], before["JSHeapUsedSize"] + 5e6)


if __name__ == "__main__":
    unittest.main()
