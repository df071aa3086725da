// The chat page's only script: one WebSocket, a log, a composer.
//
// The server says {"type":"welcome","id","clientCount"} once, then {"type":"echo","from","message"} for what we wrote and
// {"type":"broadcast","from","message"} for what others wrote; we send the raw text. A text that is no JSON object comes
// from an operator and is shown as it is; an object of another type is ignored, so that a newer server does no harm.
//
// What tests (and scripts) may rely on:
//   body[data-state]         connecting | open | reconnecting | closed
//   body[data-close-code]    of the last connection that had been open, as has
//   body[data-close-reason]  ("" if it gave none)
//   #own-id[data-id]         our id, from welcome
//   #client-count            connections when we joined, us included, from welcome
//   #log > li[data-kind]     own | other | notice | close, oldest first
//     .text                  what was written, or the line itself
//     [data-from]            own, other: the sender's id
//     [data-delivery]        own: pending | echoed | unconfirmed (the connection ended before the echo)
//     [data-code], [data-reason]  close
//   #message, #send, #reconnect, #newest   the composer and the buttons

const LOG_ENTRIES = 500;
const CONNECT_TIMEOUT = 10_000;
// A connection that lived this long was no failure: back-off starts anew.
const STABLE_AFTER = 5_000;
const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 30_000;
// Closes after which the server said to come back: a task is going away, another is there already.
const COME_BACK = new Set([1001, 1012]);
// Closes after which trying again by ourselves would be wrong: the server ended it on purpose.
const FINAL = new Set([1000, 1002, 1003, 1007, 1008]);

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
const body = document.body;
const log = $("log");
const scroller = $("scroller");
const input = $("message");

let socket = null;
let ownId = null;
let openedAt = null;
let failures = 0;
let retry = null;
const pending = [];
let unread = 0;

// Connection.

function connect() {
  clearTimeout(retry?.timer);
  clearInterval(retry?.ticker);
  retry = null;
  openedAt = null;
  show("connecting");

  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const attempt = new WebSocket(`${scheme}//${location.host}/websocket`);
  socket = attempt;
  const giveUp = setTimeout(() => attempt.close(), CONNECT_TIMEOUT);
  attempt.onopen = () => {
    clearTimeout(giveUp);
    openedAt = performance.now();
    ownId = null;
    show("open");
  };
  attempt.onmessage = (event) => {
    if (typeof event.data === "string") receive(event.data);
  };
  attempt.onclose = (event) => {
    clearTimeout(giveUp);
    closed(event.code, event.reason);
  };
}

function closed(code, reason) {
  const wasOpen = openedAt !== null;
  const stable = wasOpen && performance.now() - openedAt >= STABLE_AFTER;
  if (wasOpen) {
    body.dataset.closeCode = code;
    body.dataset.closeReason = reason;
    addClose(code, reason);
  }
  for (const entry of pending.splice(0)) unconfirmed(entry);
  if (wasOpen && FINAL.has(code)) {
    show("closed");
    return;
  }
  if (stable) failures = 0;
  if (!stable || !COME_BACK.has(code)) ++failures;
  // Full jitter: many pages that lost the same server must not return together.
  reconnectIn(Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** failures));
}

function reconnectIn(delay) {
  const due = performance.now() + delay;
  const tick = () => {
    $("countdown").textContent = ` in ${Math.max(1, Math.ceil((due - performance.now()) / 1000))} s`;
  };
  show("reconnecting");
  tick();
  retry = { timer: setTimeout(connect, delay), ticker: setInterval(tick, 250) };
}

// Ends the wait, if there is one.
function reconnectNow() {
  if (retry !== null || body.dataset.state === "closed") connect();
}

function show(state) {
  body.dataset.state = state;
  $("state").textContent = state;
  $("countdown").textContent = "";
  $("reconnect").hidden = state !== "reconnecting" && state !== "closed";
  $("send").setAttribute("aria-disabled", String(state !== "open"));
  $("hint").textContent =
    state === "open"
      ? "Enter sends, Shift+Enter starts a new line."
      : "Not connected: what you write stays here until you can send it.";
}

// Messages.

function receive(data) {
  let message = null;
  try {
    message = JSON.parse(data);
  } catch {
    // Not JSON: an operator's words.
  }
  if (message === null || typeof message !== "object") {
    addNotice(data);
  } else if (message.type === "welcome") {
    welcome(String(message.id), String(message.clientCount));
  } else if (message.type === "echo") {
    echoed(String(message.from), String(message.message));
  } else if (message.type === "broadcast") {
    addMessage("other", String(message.from), String(message.message));
  }
}

function welcome(id, clientCount) {
  ownId = id;
  $("own-id").textContent = id;
  $("own-id").dataset.id = id;
  $("client-count").textContent = clientCount;
  addNotice(`connected as ${shortId(id)}`);
}

function send(text) {
  pending.push(addMessage("own", ownId ?? "", text, "pending"));
  socket.send(text);
}

// The server echoes in the order we wrote.
function echoed(from, text) {
  const index = pending.findIndex((entry) => entry.querySelector(".text").textContent === text);
  if (index < 0) {
    addMessage("own", from, text, "echoed");
    return;
  }
  const [entry] = pending.splice(index, 1);
  entry.dataset.from = from;
  entry.dataset.delivery = "echoed";
  entry.querySelector(".delivery").remove();
  stamp(entry.querySelector("time"));
}

function unconfirmed(entry) {
  entry.dataset.delivery = "unconfirmed";
  const again = element("button", "", "Send again");
  again.type = "button";
  again.onclick = () => {
    if (body.dataset.state !== "open") return;
    const text = entry.querySelector(".text").textContent;
    entry.remove();
    send(text);
    input.focus();
  };
  const delivery = entry.querySelector(".delivery");
  delivery.textContent = "perhaps not delivered";
  delivery.after(again);
}

// Log. Every text from outside goes in by textContent.

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

function stamp(time) {
  const now = new Date();
  time.dateTime = now.toISOString();
  time.textContent = now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

function addMessage(kind, from, text, delivery = null) {
  const about = element("p", "about");
  const sender = element("span", "sender", kind === "own" ? "you" : shortId(from));
  sender.title = from;
  const time = element("time", "");
  stamp(time);
  about.append(sender, time);
  const entry = element("li", "");
  entry.dataset.kind = kind;
  entry.dataset.from = from;
  entry.dataset.hue = hue(from);
  if (delivery !== null) entry.dataset.delivery = delivery;
  if (delivery === "pending") about.append(element("span", "delivery", "sending"));
  entry.append(about, element("p", "text", text));
  add(entry, kind === "own");
  if (kind === "other") noteUnread();
  return entry;
}

function addNotice(text) {
  const entry = element("li", "");
  entry.dataset.kind = "notice";
  const time = element("time", "");
  stamp(time);
  entry.append(element("span", "text", text), " ", time);
  add(entry);
}

function addClose(code, reason) {
  const entry = element("li", "");
  entry.dataset.kind = "close";
  entry.dataset.code = code;
  entry.dataset.reason = reason;
  const time = element("time", "");
  stamp(time);
  const words = reason === "" ? "no reason" : `reason "${reason}"`;
  entry.append(element("span", "text", `closed: code ${code}, ${words}`), " ", time);
  if (MEANINGS[code]) entry.append(element("span", "meaning", MEANINGS[code]));
  add(entry);
}

function add(entry, follow = false) {
  const follows = follow || atEnd();
  $("empty").hidden = true;
  log.append(entry);
  while (log.children.length > LOG_ENTRIES) log.firstElementChild.remove();
  if (follows) {
    scrollToEnd();
  } else {
    $("newest").hidden = false;
  }
}

function atEnd() {
  return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
}

function scrollToEnd() {
  scroller.scrollTop = scroller.scrollHeight;
  $("newest").hidden = true;
}

function noteUnread() {
  if (!document.hidden) return;
  document.title = `(${++unread}) Viaduct chat`;
}

// An id is a UUID: its first group is enough to tell a few people apart.
function shortId(id) {
  return id.length > 8 ? id.slice(0, 8) : id;
}

function hue(id) {
  let sum = 0;
  for (const char of id) sum = (sum * 31 + char.codePointAt(0)) % 65_521;
  return sum % 8;
}

// The viewer's side.

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  if (body.dataset.state !== "open" || input.value.trim() === "") return;
  send(input.value);
  input.value = "";
  input.focus();
});

input.addEventListener("keydown", (event) => {
  // Enter that ends an input method's composition (Japanese, Chinese, Korean) belongs to the composition.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  $("composer").requestSubmit();
});

scroller.addEventListener("scroll", () => {
  if (atEnd()) $("newest").hidden = true;
});
$("newest").addEventListener("click", () => {
  scrollToEnd();
  input.focus();
});
$("reconnect").addEventListener("click", () => {
  reconnectNow();
  input.focus();
});
window.addEventListener("online", () => {
  if (retry !== null) reconnectNow();
});
window.addEventListener("resize", () => {
  if ($("newest").hidden) scrollToEnd();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unread = 0;
  document.title = "Viaduct chat";
  // Timers of hidden pages run late; whoever looks at the page should not wait for one.
  if (retry !== null) reconnectNow();
});

connect();
