// The chat page: puts its parts together. rooms.js says which room, connection.js keeps a WebSocket to it, conversation.js
// understands what is said, log.js shows it, announcer.js tells it, memory.js keeps it for the page loaded anew.
//
// What tests (and scripts) may rely on, beside the log's entries (log.js):
//   body[data-state]         connecting | open | reconnecting | closed
//   body[data-standing]      catching-up | live | resumed (for a while, then live) | gap; absent before the first welcome
//   body[data-close-code]    of the last connection that the server had accepted, as has
//   body[data-close-reason]  ("" if it gave none)
//   #own-id[data-id]         our id, from welcome
//   #client-count            connections in the room, us included
//   #message, #send, #reconnect, #newest, #theme, #rooms-button, #room   the composer and the buttons

import { announce, announceMessage } from "./announcer.js";
import { Connection } from "./connection.js";
import { Conversation } from "./conversation.js";
import { Log, shortId, wordsOf } from "./log.js";
import { Memory } from "./memory.js";
import { isRoomName, roomOf, setUpRooms, titleOf } from "./rooms.js";

const RESUMED_SHOWN = 8_000;

const $ = (id) => document.getElementById(id);
const body = document.body;
const input = $("message");

let unread = 0;
let ticker = null;
let standingTimer = null;

const room = roomOf(location.search);
if (isRoomName(room)) {
  setUpRooms(room);
  start();
} else {
  setUpRooms(null);
  showState("closed", null);
  $("reconnect").hidden = true;
  $("state").textContent = "no such room";
  $("empty").textContent = "The address of this page names no room that can be. Choose one above.";
}

function start() {
  const kept = Memory.recall(room);
  const log = new Log((entry) => sendAgain(entry));
  const conversation = new Conversation(viewOf(log, () => memory.touch()), kept.standing, kept.entries);
  const memory = new Memory(room, () => ({
    standing: conversation.kept(),
    entries: log.entries,
    draft: input.value,
  }));
  const connection = new Connection(() => socketAddress(conversation.since), {
    changed: showState,
    received: (text) => conversation.received(text),
    ended: (code, reason) => {
      body.dataset.closeCode = code;
      body.dataset.closeReason = reason;
      conversation.ended(code, reason);
    },
  });

  function send(text) {
    conversation.sending(text);
    connection.send(text);
  }

  function sendAgain(entry) {
    if (connection.state !== "open") return;
    conversation.forget(entry);
    send(entry.text);
    input.focus();
  }

  for (const entry of kept.entries) log.add(entry);
  input.value = kept.draft;
  listen(connection, log, memory, send);
  showTitle();
  connection.connect();
}

function socketAddress(since) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const choice = room === "" ? "" : `room=${room}&`;
  return `${scheme}//${location.host}/websocket?${choice}since=${since}`;
}

// What the conversation is told to, it shows and tells.
function viewOf(log, touch) {
  return {
    add(entry) {
      log.add(entry);
      touch();
      if (entry.kind === "other") noteUnread();
      if (entry.kind === "other" && body.dataset.standing !== "catching-up") {
        announceMessage(`${shortId(entry.from)}: ${entry.text}`);
      } else if (entry.kind === "notice" || entry.kind === "close" || entry.kind === "gap") {
        announce(wordsOf(entry));
      }
    },
    change(entry) {
      log.change(entry);
      touch();
      if (entry.kind === "resumed" && entry.done) announce(wordsOf(entry));
      if (entry.delivery === "undelivered") announce("A message of yours was not delivered. You can send it again");
    },
    remove(entry) {
      log.remove(entry);
      touch();
    },
    welcomed(id, clientCount, resumes) {
      $("own-id").textContent = id;
      $("own-id").dataset.id = id;
      $("client-count").textContent = clientCount;
      $("count-label").textContent = resumes ? "Here now" : "Here when you joined";
    },
    presence(clientCount) {
      $("client-count").textContent = clientCount;
    },
    standing: showStanding,
  };
}

// Connection.

function showState(state, due) {
  clearInterval(ticker);
  body.dataset.state = state;
  $("state").textContent = state;
  $("countdown").textContent = "";
  $("standing").hidden = state !== "open";
  $("reconnect").hidden = state !== "reconnecting" && state !== "closed";
  $("send").setAttribute("aria-disabled", String(state !== "open"));
  $("hint").textContent =
    state === "open"
      ? "Enter sends, Shift+Enter starts a new line."
      : "Not connected: what you write stays here until you can send it.";
  if (due === null) return;
  const tick = () => {
    $("countdown").textContent = ` in ${Math.max(1, Math.ceil((due - performance.now()) / 1000))} s`;
  };
  tick();
  ticker = setInterval(tick, 250);
}

function showStanding(standing, count) {
  clearTimeout(standingTimer);
  body.dataset.standing = standing;
  $("standing").textContent = {
    "catching-up": "catching up…",
    live: "live",
    resumed: ["resumed, nothing missed", "resumed 1 message"][count] ?? `resumed ${count} messages`,
    gap: "gap in the log",
  }[standing];
  if (standing === "resumed") standingTimer = setTimeout(showStanding, RESUMED_SHOWN, "live", 0);
}

// Title.

function noteUnread() {
  if (!document.hidden) return;
  ++unread;
  showTitle();
}

function showTitle() {
  const name = room === "" ? "Viaduct chat" : `${titleOf(room)} · Viaduct chat`;
  document.title = unread > 0 ? `(${unread}) ${name}` : name;
}

// The viewer's side.

function listen(connection, log, memory, send) {
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    if (connection.state !== "open" || input.value.trim() === "") return;
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
  input.addEventListener("input", () => memory.touch());
  $("newest").addEventListener("click", () => {
    log.toEnd();
    input.focus();
  });
  $("reconnect").addEventListener("click", () => {
    connection.connectNow();
    input.focus();
  });
  window.addEventListener("online", () => {
    if (connection.waiting) connection.connectNow();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    unread = 0;
    showTitle();
    // Timers of hidden pages run late; whoever looks at the page should not wait for one.
    if (connection.waiting) connection.connectNow();
  });
}
