// The chat page: puts its parts together. rooms.js says which room, people.js who we are, connection.js keeps a WebSocket
// to it, conversation.js understands what is said, log.js shows it, header.js says how we stand, announcer.js tells it,
// memory.js keeps it for the page loaded anew.
//
// What tests (and scripts) may rely on, beside the log's entries (log.js):
//   body[data-state]         connecting | open | reconnecting | closed
//   body[data-doubt]         offline | silent: while the connection cannot be relied on
//   body[data-standing]      catching-up | live | resumed (for a while, then live) | gap; absent before the first welcome
//   body[data-close-code]    of the last connection that the server had accepted, as has
//   body[data-close-reason]  ("" if it gave none)
//   #own-id[data-id]         our id, from welcome
//   #client-count            connections in the room, us included
//   #message, #send, #reconnect, #newest, #theme, #rooms-button, #room, #people-button, #name   composer and controls

import { announce, announceMessage } from "./announcer.js";
import { Connection } from "./connection.js";
import { Conversation } from "./conversation.js";
import { Header } from "./header.js";
import { Log } from "./log.js";
import { Memory } from "./memory.js";
import { ownName, People } from "./people.js";
import { setUpPeople } from "./people_panel.js";
import { isRoomName, roomOf, setUpRooms, titleOf } from "./rooms.js";
import { bytesOf, counted } from "./text.js";
import { comingsAndGoings, lineFor } from "./words.js";

// Without an echo for so long we say so, and then give the connection up.
const SILENT_AFTER = 4_000;
const GIVE_UP_AFTER = 20_000;

const $ = (id) => document.getElementById(id);
const body = document.body;
const input = $("message");
const hint = $("hint").textContent;

let unread = 0;
let limit = Infinity;

const room = roomOf(location.search);
if (isRoomName(room)) {
  setUpRooms(room);
  start();
} else {
  setUpRooms(null);
  body.dataset.state = "closed";
  $("state").textContent = "No such room";
  $("empty").textContent = "The address of this page names no room that can be. Choose one above.";
}

function start() {
  const kept = Memory.recall(room);
  const header = new Header();
  const people = new People((joined, left) => log.add(coming(joined, left)));
  const panel = setUpPeople(people, () => {
    if (connection.state === "open") connection.renew();
  });
  const log = new Log((entry) => sendAgain(entry), people);
  const view = viewOf(log, header, people, panel, () => memory.touch());
  const conversation = new Conversation(view, kept.standing, kept.entries);
  const memory = new Memory(room, () => ({
    standing: conversation.kept(),
    entries: log.entries.filter((entry) => entry.kind !== "people"),
    draft: input.value,
  }));
  const connection = new Connection(() => socketAddress(conversation.since), {
    changed(state, due) {
      header.connection(state, due);
      showComposer(state);
      if (state !== "open") people.forget();
    },
    received(text) {
      header.doubt("");
      conversation.received(text);
    },
    ended(code, reason) {
      body.dataset.closeCode = code;
      body.dataset.closeReason = reason;
      conversation.ended(code, reason);
      header.ended(log.entries.at(-1));
    },
    left: () => conversation.left(),
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
  watchTheWay(connection, conversation, log, header);
  showTitle();
  connection.connect();
}

function socketAddress(since) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const choice = room === "" ? "" : `room=${room}&`;
  const name = ownName();
  const named = name === "" ? "" : `&name=${encodeURIComponent(name)}`;
  return `${scheme}//${location.host}/websocket?${choice}since=${since}${named}`;
}

function coming(joined, left) {
  return { kind: "people", at: Date.now(), text: comingsAndGoings(joined, left) };
}

// What the conversation is told to, it shows and tells.
function viewOf(log, header, people, panel, touch) {
  function showPeople(clientCount, list) {
    people.update(list);
    panel.show(clientCount);
    log.refresh();
  }

  return {
    add(entry) {
      log.add(entry);
      touch();
      if (entry.kind === "other") noteUnread();
      if (entry.kind === "other" && body.dataset.standing !== "catching-up") {
        const { name, mark } = people.label(entry.from, entry.name);
        announceMessage(`${name}${mark === "" ? "" : ` ${mark}`}: ${entry.text}`);
      } else if (["notice", "close", "gap"].includes(entry.kind)) {
        const { text, label } = lineFor(entry);
        announce(label === undefined ? text : `${label}: ${text}`);
      }
    },
    change(entry) {
      log.change(entry);
      touch();
      if (entry.kind === "resumed" && entry.done) announce(lineFor(entry).text);
      if (entry.delivery === "undelivered") announce("A message of yours was not delivered. You can send it again");
    },
    remove(entry) {
      log.remove(entry);
      touch();
    },
    welcomed(welcome) {
      $("own-id").textContent = welcome.id;
      $("own-id").dataset.id = welcome.id;
      $("count-label").textContent = welcome.resumes ? "here" : "here when you joined";
      limit = welcome.limit;
      showPeople(welcome.clientCount, welcome.people);
    },
    presence: showPeople,
    standing: (standing, count) => header.standing(standing, count),
  };
}

function showComposer(state) {
  $("send").setAttribute("aria-disabled", String(state !== "open"));
  $("hint").textContent = state === "open" ? hint : "Not connected: what you write stays here until you can send it.";
}

// Says when the connection cannot be relied on, before it ends.
function watchTheWay(connection, conversation, log, header) {
  setInterval(() => {
    const since = conversation.waitingSince;
    if (since === null) return;
    const waited = Date.now() - since;
    log.tick(Date.now());
    if (waited >= GIVE_UP_AFTER && navigator.onLine && connection.state === "open") connection.renew();
    else if (waited >= SILENT_AFTER && connection.state === "open") header.doubt("silent", waited);
  }, 1_000);
  window.addEventListener("offline", () => header.doubt("offline"));
  window.addEventListener("online", () => {
    // The connection may have died unnoticed; a new one costs nothing, since it resumes.
    if (body.dataset.doubt === "offline" && connection.state === "open") connection.renew();
    header.doubt("");
  });
  // A page that the browser keeps for the way back has no connection, and lost none.
  window.addEventListener("pagehide", () => connection.leave());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) connection.connect();
  });
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
    // Half a character would arrive as another.
    const text = input.value.toWellFormed();
    if (connection.state !== "open" || text.trim() === "") return;
    const over = bytesOf(text) - limit;
    if (over > 0) {
      $("hint").textContent = `Too long by ${counted(over, "byte")}: the server takes ${counted(limit, "byte")}.`;
      announce($("hint").textContent);
      return;
    }
    send(text);
    input.value = "";
    memory.touch();
    showComposer("open");
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
