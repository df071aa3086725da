"""The page loses and doubles nothing when its connection ends, and says so when it cannot know."""

import unittest

from tests.browser.scripted_page import OTHER, ScriptedPageTest
from tests.support.eventually import eventually


class ResumePageTest(ScriptedPageTest):
    def publish(self, *texts):
        for text in texts:
            self.chat.publish(text, OTHER)

    def texts(self):
        return [text for _, _, text in self.page.messages()]

    def leave_by(self, end, missed=()):
        """Ends the connection, has others write meanwhile, and returns once the page is back."""
        own_id = self.page.own_id()
        closes = len(self.page.closes())
        self.chat.refusing = True
        end()
        self.page.wait_for_closes(closes + 1)
        self.publish(*missed)
        return self.come_back(own_id)

    def come_back(self, own_id):
        """Lets the page in again, and returns its new id."""
        self.chat.refusing = False
        self.page.evaluate("document.getElementById('reconnect').click()")
        return self.page.wait_until_open(other_than=own_id)

    def test_every_kind_of_end_is_resumed_from(self):
        expected = []
        for number, (code, end) in enumerate(
            (
                (1001, lambda: self.chat.close(1001, "idle timeout")),
                (1012, lambda: self.chat.close(1012)),
                (1006, self.chat.cut),
            )
        ):
            self.publish(f"before {number}")
            self.page.wait_for_message("other", OTHER, f"before {number}")
            self.leave_by(end, [f"missed {number}", f"missed too {number}"])
            self.assertEqual(self.page.closes()[-1][0], code)
            self.publish(f"after {number}")
            self.page.wait_for_message("other", OTHER, f"after {number}")
            expected += [f"{when} {number}" for when in ("before", "missed", "missed too", "after")]
        self.assertEqual(self.texts(), expected)
        self.assertNotIn("gap", self.page.kinds())

    def test_resume_is_told_while_and_after_it_goes_on(self):
        self.leave_by(self.chat.cut, ["one", "two"])
        self.page.wait_for_message("other", OTHER, "two")
        self.page.wait_for_standing("resumed", "live")
        self.assertEqual(self.page.resumes(), [2])
        lines = self.page.kinds()
        # The line stands before what was missed.
        self.assertEqual(lines, ["close", "resumed", "other", "other"])
        self.assertEqual(self.page.text("#standing"), "2 new messages")
        self.page.screenshot("resumed")
        self.leave_by(self.chat.cut)
        eventually(lambda: self.page.resumes() == [2, 0], "the second resume is done")
        self.assertEqual(self.page.text("#standing"), "nothing missed")

    def test_catching_up_is_shown_until_the_last_message_is_there(self):
        self.chat.welcome = {"replayed": 2}
        self.leave_by(self.chat.cut, ["missed"])
        self.page.wait_for_message("other", OTHER, "missed")
        self.assertEqual(self.page.standing(), "catching-up")
        self.page.screenshot("catching_up")
        self.publish("the second")
        eventually(lambda: self.page.resumes() == [2], "the resume is done")

    def test_catching_up_goes_on_while_the_server_has_more(self):
        self.chat.welcome = {"more": True}
        self.leave_by(self.chat.cut, ["missed"])
        self.page.wait_for_message("other", OTHER, "missed")
        self.assertEqual(self.page.standing(), "catching-up")
        self.chat.say({"type": "replay", "replayed": 1})
        self.publish("the last")
        eventually(lambda: self.page.resumes() == [2], "the resume is done")

    def test_gap_is_shown_where_it_is(self):
        self.publish("known")
        self.page.wait_for_message("other", OTHER, "known")
        own_id = self.page.own_id()
        self.chat.refusing = True
        self.chat.cut()
        self.page.wait_for_closes()
        self.publish("forgotten")
        self.chat.forget()
        self.publish("kept")
        self.come_back(own_id)
        self.page.wait_for_message("other", OTHER, "kept")
        self.page.wait_for_standing("gap")
        self.assertEqual(self.texts(), ["known", "kept"])
        kinds = self.page.kinds()
        self.assertEqual(kinds[kinds.index("other") :], ["other", "close", "gap", "resumed", "other"])
        self.assertEqual(self.page.text("#log > [data-kind=gap] .text"), "Some messages may be missing here")
        self.assertEqual(self.page.text("#standing"), "gap in the log")
        eventually(lambda: self.page.resumes() == [1], "the resume is done")
        self.assertIn("1 message of those you missed", self.page.text("#log > [data-kind=resumed] .text"))
        self.page.screenshot("gap")
        # It is shown only once: what comes after the next cut follows what is known.
        self.leave_by(self.chat.cut, ["missed"])
        self.page.wait_for_message("other", OTHER, "missed")
        self.assertEqual(self.page.kinds().count("gap"), 1)

    def test_a_server_without_resume_is_a_gap_too(self):
        self.chat.resuming = False
        self.leave_by(self.chat.cut)
        eventually(lambda: "gap" in self.page.kinds(), "the gap is shown")
        self.assertEqual(self.page.text("#count-label"), "here when you joined")

    def test_message_whose_echo_was_lost_is_found_in_the_replay(self):
        self.chat.echoing = False
        first_id = self.page.own_id()
        self.page.say("hello")
        self.chat.wait_until_received("hello")
        self.leave_by(self.chat.cut, ["missed"])
        eventually(lambda: self.page.deliveries() == [("echoed", "hello")], "the message is found")
        self.page.wait_for_standing("resumed", "live")
        self.assertIn(("own", first_id, "hello"), self.page.messages())
        self.assertEqual(self.chat.received, ["hello"])

    def test_only_its_own_message_confirms_one(self):
        self.chat.taking = False
        self.page.say("same words")
        self.chat.wait_until_received("same words")
        self.leave_by(self.chat.cut, ["same words"])
        eventually(lambda: self.page.deliveries() == [("undelivered", "same words")], "the message is not found")
        self.assertEqual(self.page.messages(), [("other", OTHER, "same words")])

    def test_unconfirmed_until_the_replay_tells_then_offered_again(self):
        self.chat.taking = False
        self.chat.refusing = True
        self.page.say("lost")
        self.chat.wait_until_received("lost")
        self.chat.cut()
        eventually(lambda: self.page.deliveries() == [("unconfirmed", "lost")], "the message is unconfirmed")
        self.page.screenshot("unconfirmed")
        self.come_back(self.page.own_id())
        eventually(lambda: self.page.deliveries() == [("undelivered", "lost")], "the message is not found")
        self.assertIn("! not delivered", self.page.text("#log > [data-kind=own] .about"))
        self.page.screenshot("undelivered")
        # Nothing is sent twice unless a person requests it.
        self.assertEqual(self.chat.received, ["lost"])
        self.chat.taking = True
        self.page.click("#log li button")
        eventually(lambda: self.page.deliveries() == [("echoed", "lost")], "the message is echoed")
        self.assertEqual(self.chat.received, ["lost", "lost"])

    def test_after_a_gap_nothing_is_sure(self):
        self.chat.echoing = False
        self.page.say("who knows")
        self.chat.wait_until_received("who knows")
        self.chat.forget()
        self.leave_by(self.chat.cut)
        eventually(lambda: self.page.deliveries() == [("undelivered", "who knows")], "the message is not found")
        self.assertIn("! perhaps not delivered", self.page.text("#log > [data-kind=own] .about"))

    def test_duplicates_are_dropped_by_their_id(self):
        # While the broker is away messages have no position, so the page resumes from before them.
        self.publish("one")
        self.chat.degraded = True
        self.publish("two", "three")
        self.page.wait_for_message("other", OTHER, "three")
        self.chat.degraded = False
        self.leave_by(self.chat.cut, ["four"])
        self.page.wait_for_message("other", OTHER, "four")
        self.page.wait_for_standing("resumed", "live")
        self.assertEqual(self.texts(), ["one", "two", "three", "four"])
        self.assertEqual(self.chat.queries[-1], "since=epoch1-1")
        self.assertEqual(self.page.resumes(), [1])

    def test_reload_goes_on_where_the_page_was(self):
        self.chat.echoing = False
        self.publish("seen")
        self.page.wait_for_message("other", OTHER, "seen")
        first_id = self.page.own_id()
        self.page.say("mine")
        self.chat.wait_until_received("mine")
        self.page.write("#message", "a draft")
        self.chat.refusing = True
        self.page.reload()
        self.publish("missed")
        self.come_back(first_id)
        self.page.wait_for_message("other", OTHER, "missed")
        self.page.wait_for_standing("resumed", "live")
        self.assertEqual(
            self.page.messages(), [("other", OTHER, "seen"), ("own", first_id, "mine"), ("other", OTHER, "missed")]
        )
        self.assertEqual(self.page.draft(), "a draft")
        self.assertEqual(self.chat.queries[-1], "since=epoch1-1")

    def test_what_the_server_says_of_positions_is_not_trusted(self):
        for position in ("", "x" * 65, "a&room=other", 7, None):
            self.chat.say({"type": "broadcast", "from": OTHER, "message": str(position), "position": position})
            self.page.wait_for_message("other", OTHER, str(position))
        self.leave_by(self.chat.cut)
        self.assertEqual(self.chat.queries[-1], "since=epoch1-0")


if __name__ == "__main__":
    unittest.main()
