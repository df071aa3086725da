// What is said in the room, and where in it we stand. Knows the chat's protocol, and nothing of pages or sockets.
//
// We ask with `since`, so the server says {"type":"welcome","id","clientCount","room","resume","position","replayed",
// "people"} once, then the `replayed` messages of before and all that come, {"type":"broadcast"|"echo","from","name",
// "message","position","messageId","time"}, {"type":"presence","clientCount","people"}, and an operator's words,
// {"type":"notice","from","message"}. If the welcome says "more", further messages of before follow later, after a
// {"type":"replay","replayed","more"} like the welcome's. A server without resume says welcome, echo and broadcast without the further
// words: then nothing is resumed. A text that is no JSON object is an operator's, too; an object of another type is
// ignored, so that a newer server does no harm.
//
// An entry of the log is a plain object, { kind, at, … }:
//   own, other       from (a connection), name ("" if none), text; own: delivery (see below), doubt
//   notice           from ("" if not told), text: an operator's words
//   close            code, reason, silence: milliseconds without a message before it
//   resumed          count of messages that were missed, gap: not all of them, done: all that comes is here
//   gap
//   joined           what stands before it was said before we came
//
// delivery of an own message:
//   pending       sent, not yet echoed
//   echoed        the room has it
//   unconfirmed   the connection ended before its echo; what the server replays will tell
//   undelivered   it was not in the replay. `doubt`: the replay had a gap, so perhaps it was delivered all the same.

import { BoundedSet } from "./bounded_set.js";
import { cleanName } from "./text.js";

const POSITION = /^[A-Za-z0-9._-]{1,64}$/;
// How much of what was said before those who come see.
const BEFORE = "last-50";
const SEEN = 10_000;
const OWN_IDS = 100;

export class Conversation {
  #view;
  #ownId = "";
  #ownIds;
  #seen;
  #position;
  // Whether a server welcomed us before, perhaps before the page was loaded anew.
  #joined;
  // Sent on this connection and not echoed, in order. The server echoes in the order in which we wrote.
  #pending = [];
  // Own messages whose connection ended, until they are found or sent again.
  #open;
  // { entry, left, more }: the line that tells of the replay under way, how many of its messages come at once, and
  // whether further ones come later.
  #replay = null;
  #heardAt = 0;
  // Whether the last connection was taken from us.
  #cut = false;

  // `view` is told of
  //   add(entry), change(entry), remove(entry)
  //   welcomed({ id, clientCount, people, resumes, limit })    limit: of a message, in bytes
  //   presence(clientCount, people)        people: [{ id, name }, …] who have a name, null if they are too many
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

  // From where the server should go on.
  get since() {
    return this.#joined ? this.#position : BEFORE;
  }

  // When the oldest message without an echo was sent; null if there is none.
  get waitingSince() {
    return this.#pending.length > 0 ? this.#pending[0].at : null;
  }

  // What the page needs to go on after it was loaded anew.
  kept() {
    if (!this.#joined) return {};
    return { position: this.#position, seen: this.#seen.newest(2_000), ownIds: this.#ownIds.newest(OWN_IDS) };
  }

  // An own message that is about to be sent on the connection that was welcomed last.
  sending(text) {
    this.#heardAt = Date.now();
    const entry = { kind: "own", at: Date.now(), from: this.#ownId, name: "", text, delivery: "pending" };
    this.#pending.push(entry);
    this.#view.add(entry);
  }

  // The viewer will send it again.
  forget(entry) {
    this.#open = this.#open.filter((other) => other !== entry);
    this.#view.remove(entry);
  }

  // The server or something on the way ended the connection.
  ended(code, reason) {
    this.left();
    this.#cut = true;
    this.#view.add({ kind: "close", at: Date.now(), code, reason, silence: Date.now() - this.#heardAt });
  }

  // We gave the connection up.
  left() {
    this.#finishReplay();
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
      this.#view.add({ kind: "notice", at: Date.now(), from: "", text: data });
      return;
    }
    if (message.type !== "presence") this.#heardAt = Date.now();
    if (message.type === "welcome") this.#welcome(message);
    else if (message.type === "echo" || message.type === "broadcast") this.#take(message);
    else if (message.type === "replay") this.#replayOn(message);
    else if (message.type === "notice") this.#notice(message);
    else if (message.type === "presence") this.#view.presence(String(message.clientCount), peopleIn(message));
  }

  #notice(message) {
    this.#view.add({ kind: "notice", at: timeOf(message), from: nameIn(message.from), text: String(message.message) });
  }

  #welcome(message) {
    this.#ownId = String(message.id);
    this.#ownIds.add(this.#ownId);
    if (isPosition(message.position)) this.#position = message.position;
    this.#view.welcomed({
      id: this.#ownId,
      clientCount: String(message.clientCount),
      people: peopleIn(message),
      resumes: typeof message.resume === "string",
      limit: Number.isInteger(message.maxMessageBytes) ? message.maxMessageBytes : Infinity,
    });
    const joined = this.#joined;
    this.#joined = true;
    // Who was here before and hears no replay has missed what came between.
    const replays = message.resume === "complete" || message.resume === "gap";
    const gap = joined && message.resume !== "complete";
    if (gap) this.#view.add({ kind: "gap", at: Date.now() });
    const entry = !joined
      ? { kind: "joined", at: Date.now(), count: 0, gap: false }
      : { kind: "resumed", at: Date.now(), count: 0, gap, done: false };
    // Who left by themselves need not be told that nothing was missed.
    if (joined && replays && (gap || message.replayed > 0 || this.#cut)) this.#view.add(entry);
    this.#cut = false;
    this.#replay = { entry, left: 0, more: false };
    this.#replayOn(message);
  }

  // A welcome, or what stands before a further part of the replay.
  #replayOn(message) {
    if (this.#replay === null) return;
    this.#replay.left = Number.isInteger(message.replayed) ? message.replayed : 0;
    this.#replay.more = message.more === true;
    if (this.#replay.left > 0 || this.#replay.more) this.#view.standing("catching-up", 0);
    else this.#endReplay();
  }

  #take(message) {
    const id = typeof message.messageId === "string" ? message.messageId : null;
    if (isPosition(message.position)) this.#position = message.position;
    const isNew = id === null || this.#seen.add(id);
    if (isNew) this.#addMessage(message);
    if (this.#replay === null) return;
    if (isNew) ++this.#replay.entry.count;
    --this.#replay.left;
    // What we wrote on this connection is live; without a position it may come before the rest of the replay.
    const live = message.type === "echo" && (isPosition(message.position) || !this.#replay.more);
    if (live || (this.#replay.left <= 0 && !this.#replay.more)) this.#endReplay();
  }

  #addMessage(message) {
    const at = timeOf(message);
    const from = String(message.from);
    const text = String(message.message);
    const echo = message.type === "echo";
    if (!echo && !this.#ownIds.has(from)) {
      this.#view.add({ kind: "other", at, from, name: nameIn(message.name), text });
      return;
    }
    const entry = echo ? this.#pending.shift() : this.#takeOpen(from, text);
    if (entry === undefined) {
      this.#view.add({ kind: "own", at, from, name: "", text, delivery: "echoed" });
      return;
    }
    entry.at = at;
    this.#deliver(entry, "echoed");
  }

  // The first of our messages on a connection that ended which can be this one.
  #takeOpen(from, text) {
    const isText = (entry) => text.startsWith(entry.text) && text.length === (entry.cut ?? entry.text.length);
    const index = this.#open.findIndex((entry) => entry.from === from && isText(entry));
    return index < 0 ? undefined : this.#open.splice(index, 1)[0];
  }

  // All that was said before is here.
  #endReplay() {
    const replay = this.#finishReplay();
    if (replay === null) return;
    if (replay.kind === "joined") {
      if (replay.count > 0) this.#view.add({ ...replay, at: Date.now() });
      this.#view.standing("live", 0);
      return;
    }
    this.#view.standing(replay.gap ? "gap" : "resumed", replay.count);
    this.#settle(replay.gap);
  }

  // Nothing more comes of the replay; returns its entry, or null if there was none.
  #finishReplay() {
    const entry = this.#replay?.entry ?? null;
    this.#replay = null;
    if (entry?.kind !== "resumed") return entry;
    entry.done = true;
    this.#view.change(entry);
    return entry;
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

function nameIn(value) {
  return typeof value === "string" ? cleanName(value) : "";
}

function peopleIn(message) {
  if (message.people === null) return null;
  if (!Array.isArray(message.people)) return [];
  return message.people.map((person) => ({ id: String(person?.id), name: nameIn(person?.name) }));
}

// When it was said, as far as the server tells: in milliseconds since 1970.
function timeOf(message) {
  return Number.isSafeInteger(message.time) && message.time > 0 ? message.time : Date.now();
}
