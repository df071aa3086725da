// The log: the last entries of the conversation (see conversation.js), oldest first, each a list item. Every text from
// outside goes in by textContent. New entries are shown together, once a frame, so that a flood costs little.
//
// What tests (and scripts) may rely on: #log > li[data-kind], oldest first, with
//   .text           what was written, or the line itself
//   [data-from]     own, other: the sender's id
//   [data-delivery] own: pending | echoed | unconfirmed | undelivered
//   [data-code], [data-reason]  close
//   [data-count], [data-done]   resumed: messages that were missed, and whether that was all

const LIMIT = 500;
// Frames do not come while the page is hidden.
const LONGEST_WAIT = 250;

const MEANINGS = {
  1000: "the server ended the conversation",
  1001: "the server is going away or saw nothing for too long",
  1002: "protocol error",
  1006: "cut off without a word: something on the way dropped the connection",
  1008: "against the server's rules",
  1009: "a message was too big",
  1011: "the server failed",
  1012: "the service is restarting",
  1013: "the server is overloaded, or this page reads too slowly",
  1014: "the chat behind the gateway is gone",
};

const $ = (id) => document.getElementById(id);
const list = $("log");
const scroller = $("scroller");

export class Log {
  #sendAgain;
  // All that is or will be shown, oldest first, at most LIMIT.
  #entries = [];
  #items = new Map();
  #scheduled = false;
  // Whether the newest is in view and shall stay there.
  #following = true;

  // `sendAgain(entry)` is what the button of an undelivered message does.
  constructor(sendAgain) {
    this.#sendAgain = sendAgain;
    scroller.addEventListener("scroll", () => {
      this.#following = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
      if (this.#following) $("newest").hidden = true;
    });
    new ResizeObserver(() => {
      if (this.#following) this.toEnd();
    }).observe(scroller);
  }

  get entries() {
    return this.#entries;
  }

  add(entry) {
    this.#entries.push(entry);
    if (this.#entries.length > LIMIT) this.#drop(this.#entries.shift());
    if (entry.kind === "own") this.#following = true;
    this.#schedule();
  }

  // `entry` says something else now.
  change(entry) {
    const item = this.#items.get(entry);
    if (item === undefined) return;
    const hadFocus = item.contains(document.activeElement);
    fill(item, entry, this.#sendAgain);
    if (hadFocus) $("message").focus();
    if (this.#following) this.toEnd();
  }

  remove(entry) {
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#drop(entry);
  }

  toEnd() {
    this.#following = true;
    scroller.scrollTop = scroller.scrollHeight;
    $("newest").hidden = true;
  }

  #drop(entry) {
    this.#items.get(entry)?.remove();
    this.#items.delete(entry);
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
    const fresh = [];
    for (let i = this.#entries.length; i > 0 && !this.#items.has(this.#entries[i - 1]); --i) {
      const entry = this.#entries[i - 1];
      const item = document.createElement("li");
      fill(item, entry, this.#sendAgain);
      this.#items.set(entry, item);
      fresh.push(item);
    }
    $("empty").hidden = this.#entries.length > 0;
    if (fresh.length === 0) return;
    list.append(...fresh.reverse());
    if (this.#following) this.toEnd();
    else $("newest").hidden = false;
  }
}

// An id is a UUID: its first group is enough to tell a few people apart.
export function shortId(id) {
  return id.length > 8 ? id.slice(0, 8) : id;
}

// What an entry that is no message says.
export function wordsOf(entry) {
  switch (entry.kind) {
    case "close":
      return `closed: code ${entry.code}, ${entry.reason === "" ? "no reason" : `reason "${entry.reason}"`}`;
    case "gap":
      return "Some messages may be missing here";
    case "resumed":
      return resumedWords(entry);
    default:
      return entry.text;
  }
}

function resumedWords({ count, gap, done }) {
  const messages = count === 1 ? "1 message" : `${count} messages`;
  if (!done) return "catching up…";
  if (gap) return count === 0 ? "resumed: nothing else is kept" : `resumed: ${messages} of those you missed`;
  return count === 0 ? "resumed: nothing was missed" : `resumed: ${messages} came while you were away`;
}

function meaningOf(entry) {
  if (entry.kind === "close") return MEANINGS[entry.code];
  if (entry.kind === "gap") return "The server no longer has all that was said while you were away.";
  return undefined;
}

function fill(item, entry, sendAgain) {
  item.dataset.kind = entry.kind;
  if (entry.kind === "own" || entry.kind === "other") fillMessage(item, entry, sendAgain);
  else fillLine(item, entry);
}

function fillMessage(item, entry, sendAgain) {
  const sender = element("span", "sender", entry.kind === "own" ? "you" : shortId(entry.from));
  sender.title = entry.from;
  const about = element("p", "about");
  about.append(sender, time(entry.at));
  if (entry.kind === "own") about.append(...deliveryOf(entry, sendAgain));
  item.dataset.from = entry.from;
  item.dataset.hue = hue(entry.from);
  if (entry.kind === "own") item.dataset.delivery = entry.delivery;
  item.replaceChildren(about, written("p", entry.text));
}

function fillLine(item, entry) {
  if (entry.kind === "close") Object.assign(item.dataset, { code: entry.code, reason: entry.reason });
  if (entry.kind === "resumed") Object.assign(item.dataset, { count: entry.count, done: entry.done });
  const meaning = meaningOf(entry);
  item.replaceChildren(written("span", wordsOf(entry)), " ", time(entry.at));
  if (meaning !== undefined) item.append(element("span", "meaning", meaning));
}

function deliveryOf(entry, sendAgain) {
  if (entry.delivery === "pending") return [element("span", "delivery", "sending…")];
  if (entry.delivery === "unconfirmed") return [element("span", "delivery", "? not yet confirmed")];
  if (entry.delivery === "undelivered") {
    const again = element("button", "", "Send again");
    again.type = "button";
    again.onclick = () => sendAgain(entry);
    return [element("span", "delivery", entry.doubt ? "! perhaps not delivered" : "! not delivered"), again];
  }
  const mark = element("span", "delivery");
  const check = element("span", "", "✓");
  check.setAttribute("aria-hidden", "true");
  mark.append(check, element("span", "unseen", "sent"));
  mark.title = "sent: the room has it";
  return [mark];
}

// A text from outside, in its own direction of writing.
function written(tag, text) {
  const made = element(tag, "text", text);
  made.dir = "auto";
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
  made.textContent = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return made;
}

function hue(id) {
  let sum = 0;
  for (const char of id) sum = (sum * 31 + char.codePointAt(0)) % 65_521;
  return sum % 8;
}
