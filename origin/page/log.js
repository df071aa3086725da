// The log: the last entries of the conversation (see conversation.js), oldest first, each a list item. Every text from
// outside goes in by textContent. New entries are shown together, once a frame, so that a flood costs little. Bounded by
// entries and by characters; of a long message only the beginning is shown until somebody asks for all.
//
// What tests (and scripts) may rely on: #log > li[data-kind], oldest first, with
//   .text           what was written, or the line itself
//   [data-from]     own, other: the sender's id
//   [data-delivery] own: pending | echoed | unconfirmed | undelivered
//   [data-code], [data-reason]  close
//   [data-count], [data-done]   resumed: messages that were missed, and whether that was all
//   [data-grouped]  it goes on with what the message before began
//   .day, .mark     lines above it: its date, and that what follows is unread

import { clipped, counted, partsOf } from "./text.js";
import { lineFor } from "./words.js";

const LIMIT = 500;
const CHARACTERS = 2_000_000; // of all entries
const SHOWN = 3_000; // of one, unless all is asked for
const SHOWN_LINES = 40;
// Frames do not come while the page is hidden.
const LONGEST_WAIT = 250;
// Browsers scroll by themselves for so long after the window has changed.
const RESIZING = 300;
// Messages of one person within this time stand together.
const GROUPED = 5 * 60_000;

const $ = (id) => document.getElementById(id);
const list = $("log");
const scroller = $("scroller");
const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
const whole = new Intl.DateTimeFormat([], { dateStyle: "full", timeStyle: "medium" });
const isMessage = (entry) => entry?.kind === "own" || entry?.kind === "other";

export class Log {
  #sendAgain;
  #people;
  // All that is or will be shown, oldest first.
  #entries = [];
  #length = 0; // of their texts
  #items = new Map();
  #whole = new WeakSet(); // of which all is shown
  #scheduled = false;
  #dropped = false; // since they were shown
  // Whether the newest is in view and shall stay there.
  #following = true;
  #shown = ""; // the sizes when it was last brought there
  #resizedAt = 0;
  #unseen = 0;
  // The first entry that came while nobody looked.
  #mark = null;

  // `sendAgain(entry)` is what the button of an undelivered message does. `people` knows names and colours.
  constructor(sendAgain, people) {
    this.#sendAgain = sendAgain;
    this.#people = people;
    scroller.addEventListener("scroll", () => {
      // Not the viewer scrolled, but what is shown became another size.
      const resized = this.#shown !== sizeOfLog() || performance.now() - this.#resizedAt < RESIZING;
      if (this.#following && resized) return this.toEnd();
      const following = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
      if (this.#following === following) return;
      this.#following = following;
      this.#showNewest();
    });
    const observer = new ResizeObserver(() => {
      this.#resizedAt = performance.now();
      if (this.#following) this.toEnd();
    });
    observer.observe(scroller);
    document.addEventListener("visibilitychange", () => {
      // What was unread has been seen.
      if (document.hidden && this.#following) this.#setMark(null);
    });
  }

  get entries() {
    return this.#entries;
  }

  add(entry) {
    this.#entries.push(entry);
    this.#length += entry.text?.length ?? 0;
    while (this.#entries.length > LIMIT || (this.#length > CHARACTERS && this.#entries.length > 1)) this.#dropOldest();
    if (entry.kind === "own") {
      this.#following = true;
      this.#setMark(null);
    }
    if (isMessage(entry) || entry.kind === "notice") this.#noteUnseen(entry);
    this.#schedule();
  }

  // `entry` says something else now.
  change(entry) {
    const item = this.#items.get(entry);
    if (item === undefined) return;
    const hadFocus = item.contains(document.activeElement);
    this.#fill(item, entry);
    if (hadFocus) $("message").focus();
    if (this.#following) this.toEnd();
  }

  remove(entry) {
    const index = this.#entries.indexOf(entry);
    if (index < 0) return;
    this.#entries.splice(index, 1);
    this.#forget(entry);
    this.#refill(this.#entries[index]);
  }

  toEnd() {
    this.#following = true;
    scroller.scrollTop = scroller.scrollHeight;
    this.#shown = sizeOfLog();
    this.#showNewest();
  }

  // Names or colours have changed.
  refresh() {
    for (const [entry, item] of this.#items) if (entry.kind === "other") this.#fill(item, entry);
  }

  // Shows for how long messages have been under way.
  tick(now) {
    for (const item of list.querySelectorAll("[data-delivery=pending]")) {
      item.querySelector(".delivery").textContent = sendingWords(now - Number(item.dataset.at));
    }
  }

  #dropOldest() {
    this.#forget(this.#entries.shift());
    this.#dropped = true;
  }

  #forget(entry) {
    this.#length -= entry.text?.length ?? 0;
    this.#items.get(entry)?.remove();
    this.#items.delete(entry);
    if (this.#mark === entry) this.#mark = null;
  }

  #refill(entry) {
    const item = this.#items.get(entry);
    if (item !== undefined) this.#fill(item, entry);
  }

  #noteUnseen(entry) {
    if (this.#following && !document.hidden) return;
    ++this.#unseen;
    if (this.#mark === null) this.#setMark(entry);
  }

  #setMark(entry) {
    const before = this.#mark;
    this.#mark = entry;
    if (before !== null) this.#refill(before);
  }

  #showNewest() {
    if (this.#following) this.#unseen = 0;
    $("newest").hidden = this.#following;
    $("newest").textContent = this.#unseen === 0 ? "Jump to newest" : counted(this.#unseen, "new message");
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const frame = requestAnimationFrame(() => this.#show(frame, timer));
    const timer = setTimeout(() => this.#show(frame, timer), LONGEST_WAIT);
  }

  #show(frame, timer) {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    this.#scheduled = false;
    if (this.#dropped) this.#refill(this.#entries[0]);
    this.#dropped = false;
    let first = this.#entries.length;
    while (first > 0 && !this.#items.has(this.#entries[first - 1])) --first;
    const fresh = [];
    for (let i = first; i < this.#entries.length; ++i) {
      const item = document.createElement("li");
      this.#items.set(this.#entries[i], item);
      this.#fill(item, this.#entries[i], this.#entries[i - 1]);
      fresh.push(item);
    }
    $("empty").hidden = this.#entries.length > 0;
    list.append(...fresh);
    if (this.#following) this.toEnd();
    else this.#showNewest();
  }

  #fill(item, entry, before = this.#entries[this.#entries.indexOf(entry) - 1]) {
    item.dataset.kind = entry.kind;
    const body = element("div", "body");
    if (isMessage(entry)) this.#fillMessage(item, body, entry);
    else fillLine(item, body, entry);
    const above = [];
    if (new Date(entry.at).toDateString() !== new Date(before?.at ?? 0).toDateString()) above.push(dayOf(entry.at));
    if (entry === this.#mark) above.push(element("p", "mark", "New"));
    item.toggleAttribute("data-grouped", above.length === 0 && goesOn(entry, before));
    item.replaceChildren(...above, body);
  }

  #fillMessage(item, body, entry) {
    const own = entry.kind === "own";
    const about = element("p", "about");
    about.append(this.#senderOf(entry), time(entry.at));
    if (own) about.append(...this.#deliveryOf(entry));
    Object.assign(item.dataset, { from: entry.from, at: entry.at });
    if (own) item.dataset.delivery = entry.delivery;
    else item.dataset.colour = this.#people.colour(entry.from, entry.name ?? "");
    body.append(about, this.#textOf(entry, item));
    const rest = this.#restOf(entry, item);
    if (rest !== null) body.append(rest);
  }

  #senderOf(entry) {
    const sender = element("span", "sender");
    sender.title = entry.from;
    if (entry.kind === "own") {
      sender.textContent = "You";
      return sender;
    }
    const { name, mark } = this.#people.label(entry.from, entry.name ?? "");
    sender.append(element("bdi", "", name));
    if (mark !== "") sender.append(" ", element("code", "", mark));
    return sender;
  }

  #textOf(entry) {
    const shown = this.#whole.has(entry) ? entry.text : clipped(entry.text, SHOWN, SHOWN_LINES);
    return written("p", shown);
  }

  // What is said, or offered, of the part that is not shown.
  #restOf(entry, item) {
    const length = entry.cut ?? entry.text.length;
    const all = this.#whole.has(entry) || entry.text === clipped(entry.text, SHOWN, SHOWN_LINES);
    if (all && entry.cut === undefined) return null;
    if (all) return element("p", "rest", `This tab kept only the beginning of ${counted(length, "character")}.`);
    const button = element("button", "rest", `Show all ${counted(length, "character")}`);
    button.type = "button";
    button.onclick = () => {
      this.#whole.add(entry);
      this.#fill(item, entry);
      scroller.focus({ preventScroll: true });
    };
    return button;
  }

  #deliveryOf(entry) {
    if (entry.delivery === "pending") return [element("span", "delivery", sendingWords(Date.now() - entry.at))];
    if (entry.delivery === "unconfirmed") return [element("span", "delivery", "? not yet confirmed")];
    if (entry.delivery === "undelivered") {
      const said = element("span", "delivery", entry.doubt ? "! perhaps not delivered" : "! not delivered");
      if (entry.cut !== undefined) return [said];
      const again = element("button", "", "Send again");
      again.type = "button";
      again.onclick = () => this.#sendAgain(entry);
      return [said, again];
    }
    const mark = element("span", "delivery");
    const check = element("span", "", "✓");
    check.setAttribute("aria-hidden", "true");
    mark.append(check, element("span", "unseen", "sent"));
    mark.title = "sent: the room has it";
    return [mark];
  }
}

function sizeOfLog() {
  return `${scroller.scrollHeight} ${scroller.clientHeight}`;
}

function goesOn(entry, before) {
  if (!isMessage(entry) || before?.kind !== entry.kind || entry.at - before.at > GROUPED) return false;
  return entry.kind === "own" || (entry.from === before.from && entry.name === before.name);
}

function fillLine(item, body, entry) {
  const { text, label, meaning, tone } = lineFor(entry);
  if (entry.kind === "close") Object.assign(item.dataset, { code: entry.code, reason: entry.reason });
  if (entry.kind === "resumed") Object.assign(item.dataset, { count: entry.count, done: entry.done });
  item.dataset.tone = tone ?? "";
  if (label !== undefined) {
    const about = element("p", "about");
    about.append(written("span", label, "sender"), time(entry.at));
    body.append(about, written("p", text));
    return;
  }
  body.append(written("span", text), " ", time(entry.at));
  if (meaning !== undefined) body.append(element("span", "meaning", meaning));
}

function sendingWords(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return seconds < 2 ? "sending…" : `sending… ${seconds} s`;
}

// A text from outside, in its own direction of writing, with its links.
function written(tag, text, className = "text") {
  const made = element(tag, className);
  made.dir = "auto";
  for (const [shown, address] of partsOf(text)) made.append(address === "" ? shown : link(shown, address));
  return made;
}

function link(shown, address) {
  const made = element("a", "", shown);
  Object.assign(made, { href: address, target: "_blank", rel: "noopener noreferrer" });
  return made;
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

function time(at) {
  const made = element("time", "");
  const date = new Date(at);
  made.dateTime = date.toISOString();
  made.title = whole.format(date);
  made.textContent = clock.format(date);
  return made;
}

function dayOf(at) {
  const date = new Date(at);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000);
  const words = ["Today", "Yesterday"][days];
  const year = date.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  const full = date.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long", ...year });
  return element("p", "day", words ?? full);
}
