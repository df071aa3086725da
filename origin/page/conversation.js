// What is said in the room, and where in it we stand. Knows the chat's protocol, and nothing of pages or sockets.
//
// We ask with `since`, so the server says {"type":"welcome","id","clientCount","room","resume","position"} once, then the
// messages that we missed and all that come, {"type":"broadcast"|"echo","from","message","position","messageId"}, and
// {"type":"presence","clientCount"}. A server without resume says welcome, echo and broadcast without the further words:
// then nothing is resumed. A text that is no JSON object comes from an operator and is shown as it is; an object of
// another type is ignored, so that a newer server does no harm.
//
// An entry of the log is a plain object, { kind, at, … }:
//   own, other       from, text; own: delivery (see below), doubt
//   notice           text
//   close            code, reason
//   resumed          count of messages that were missed, gap: not all of them, done: all that comes is here
//   gap
//
// delivery of an own message:
//   pending       sent, not yet echoed
//   echoed        the room has it
//   unconfirmed   the connection ended before its echo; what the server replays will tell
//   undelivered   it was not in the replay. `doubt`: the replay had a gap, so perhaps it was delivered all the same.

import { BoundedSet } from "./bounded_set.js";

const POSITION = /^[A-Za-z0-9._-]{1,64}$/;
const SEEN = 10_000;
const OWN_IDS = 100;
// The server does not say where its replay ends: it ended once nothing more came for so long.
const QUIET = 1_000;

export class Conversation {
  #view;
  #ownId = "";
  #ownIds;
  #seen;
  #position;
  // Whether a server welcomed us before, perhaps before the page was loaded anew.
  #joined;
  #pending = [];
  // Own messages whose connection ended, until they are found or sent again.
  #open;
  // The line in the log that tells of the replay that is under way.
  #replay = null;
  #quiet = null;

  // `view` is told of
  //   add(entry), change(entry), remove(entry)
  //   welcomed(id, clientCount, resumes)   presence(clientCount)
  //   standing(word, count)                catching-up | live | resumed | gap; `count` messages were missed
  // `kept` is what kept() said before the page was loaded anew, or {}; `entries` what the log had then.
  constructor(view, kept, entries) {
    this.#view = view;
    this.#position = isPosition(kept.position) ? kept.position : "";
    this.#joined = kept.position !== undefined;
    this.#seen = new BoundedSet(SEEN, kept.seen);
    this.#ownIds = new BoundedSet(OWN_IDS, kept.ownIds);
    this.#open = entries.filter((entry) => entry.kind === "own" && entry.delivery !== "echoed");
    for (const entry of this.#open) if (entry.delivery === "pending") entry.delivery = "unconfirmed";
  }

  // From where the server should go on; "" from now.
  get since() {
    return this.#position;
  }

  // What the page needs to go on after it was loaded anew.
  kept() {
    if (!this.#joined) return {};
    return { position: this.#position, seen: this.#seen.newest(2_000), ownIds: this.#ownIds.newest(OWN_IDS) };
  }

  // An own message that is about to be sent on the connection that was welcomed last.
  sending(text) {
    const entry = { kind: "own", at: Date.now(), from: this.#ownId, text, delivery: "pending" };
    this.#pending.push(entry);
    this.#view.add(entry);
  }

  // The viewer will send it again.
  forget(entry) {
    this.#open = this.#open.filter((other) => other !== entry);
    this.#view.remove(entry);
  }

  ended(code, reason) {
    this.#finishReplay();
    this.#view.add({ kind: "close", at: Date.now(), code, reason });
    for (const entry of this.#pending.splice(0)) {
      this.#open.push(entry);
      this.#deliver(entry, "unconfirmed");
    }
  }

  received(data) {
    let message = null;
    try {
      message = JSON.parse(data);
    } catch {
      // Not JSON: an operator's words.
    }
    if (message === null || typeof message !== "object") {
      this.#view.add({ kind: "notice", at: Date.now(), text: data });
    } else if (message.type === "welcome") {
      this.#welcome(message);
    } else if (message.type === "echo" || message.type === "broadcast") {
      this.#take(message);
    } else if (message.type === "presence") {
      this.#view.presence(String(message.clientCount));
    }
  }

  #welcome(message) {
    this.#ownId = String(message.id);
    this.#ownIds.add(this.#ownId);
    if (isPosition(message.position)) this.#position = message.position;
    this.#view.welcomed(this.#ownId, String(message.clientCount), typeof message.resume === "string");
    const replays = message.resume === "complete" || message.resume === "gap";
    // Who was here before and hears no replay has missed what came between.
    const gap = message.resume === "gap" || (this.#joined && !replays);
    this.#joined = true;
    if (gap) this.#view.add({ kind: "gap", at: Date.now() });
    if (!replays) {
      this.#view.add({ kind: "notice", at: Date.now(), text: `connected as ${this.#ownId.slice(0, 8)}` });
      this.#view.standing(gap ? "gap" : "live", 0);
      this.#settle(true);
      return;
    }
    this.#replay = { kind: "resumed", at: Date.now(), count: 0, gap, done: false };
    this.#view.add(this.#replay);
    this.#view.standing("catching-up", 0);
    this.#quiet = setTimeout(() => this.#endReplay(), QUIET);
  }

  #take(message) {
    const id = typeof message.messageId === "string" ? message.messageId : null;
    if (isPosition(message.position)) this.#position = message.position;
    const isNew = id === null || this.#seen.add(id);
    const from = String(message.from);
    const text = String(message.message);
    // What we wrote on this connection is live.
    if (message.type === "echo") this.#endReplay();
    if (isNew && message.type === "echo") this.#echoed(from, text);
    if (isNew && message.type === "broadcast") this.#heard(from, text);
    if (this.#replay !== null) this.#goOnReplaying(isNew);
  }

  #goOnReplaying(isNew) {
    if (isNew) ++this.#replay.count;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#endReplay(), QUIET);
  }

  // The server echoes in the order we wrote.
  #echoed(from, text) {
    const index = this.#pending.findIndex((entry) => entry.text === text);
    if (index < 0) {
      this.#view.add({ kind: "own", at: Date.now(), from, text, delivery: "echoed" });
      return;
    }
    const [entry] = this.#pending.splice(index, 1);
    entry.at = Date.now();
    this.#deliver(entry, "echoed");
  }

  // From somebody else, or from us by an earlier connection.
  #heard(from, text) {
    if (!this.#ownIds.has(from)) {
      this.#view.add({ kind: "other", at: Date.now(), from, text });
      return;
    }
    const index = this.#open.findIndex((entry) => entry.from === from && entry.text === text);
    if (index < 0) {
      this.#view.add({ kind: "own", at: Date.now(), from, text, delivery: "echoed" });
      return;
    }
    const [entry] = this.#open.splice(index, 1);
    this.#deliver(entry, "echoed");
  }

  // All that was missed is here.
  #endReplay() {
    const replay = this.#finishReplay();
    if (replay === null) return;
    this.#view.standing(replay.gap ? "gap" : "resumed", replay.count);
    this.#settle(replay.gap);
  }

  // Nothing more comes of the replay; returns its entry, or null if there was none.
  #finishReplay() {
    clearTimeout(this.#quiet);
    const replay = this.#replay;
    if (replay === null) return null;
    this.#replay = null;
    replay.done = true;
    this.#view.change(replay);
    return replay;
  }

  // What was not found by now was not delivered. Should it turn up later, it still counts.
  #settle(doubt) {
    for (const entry of this.#open) {
      if (entry.delivery !== "unconfirmed") continue;
      entry.doubt = doubt;
      this.#deliver(entry, "undelivered");
    }
  }

  #deliver(entry, delivery) {
    entry.delivery = delivery;
    this.#view.change(entry);
  }
}

function isPosition(value) {
  return typeof value === "string" && POSITION.test(value);
}
