// One WebSocket at a time, opened again with growing pauses. Knows nothing of what is said on it, but that the server
// speaks first: a connection counts as open once it did.

const OPEN_TIMEOUT = 10_000;
// A connection that lived this long was no failure: back-off starts anew.
const STABLE_AFTER = 5_000;
const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 30_000;
// Closes after which the server said to come back: a task is going away, another is there already.
const COME_BACK = new Set([1001, 1012]);
// Closes after which trying again by ourselves would be wrong: the server ended it on purpose.
const FINAL = new Set([1000, 1002, 1003, 1007, 1008]);

export class Connection {
  #addressOf;
  #listener;
  #socket = null;
  #giveUp = null;
  #failures = 0;
  #retry = null;
  #state = "closed";

  // `addressOf()` tells where to connect, anew for each attempt. `listener` hears
  //   changed(state, due)   connecting | open | reconnecting (at `due`, by performance.now()) | closed
  //   received(text)        of the connection at hand, in order; the first before it is "open"
  //   ended(code, reason)   of one that the server had accepted
  //   left()                of one that we gave up
  constructor(addressOf, listener) {
    this.#addressOf = addressOf;
    this.#listener = listener;
  }

  get state() {
    return this.#state;
  }

  connect() {
    clearTimeout(this.#retry);
    this.#retry = null;
    this.#change("connecting");

    const socket = new WebSocket(this.#addressOf());
    this.#socket = socket;
    this.#giveUp = setTimeout(() => socket.close(), OPEN_TIMEOUT);
    let acceptedAt = null;
    socket.onopen = () => {
      acceptedAt = performance.now();
    };
    socket.onmessage = (event) => {
      if (typeof event.data !== "string") return;
      this.#listener.received(event.data);
      if (this.#state !== "connecting" || this.#socket !== socket) return;
      clearTimeout(this.#giveUp);
      this.#change("open");
    };
    socket.onclose = (event) => {
      clearTimeout(this.#giveUp);
      this.#closed(event.code, event.reason, acceptedAt);
    };
  }

  // Only while it is open.
  send(text) {
    this.#socket.send(text);
  }

  // Ends the wait, if there is one.
  connectNow() {
    if (this.#state === "reconnecting" || this.#state === "closed") this.connect();
  }

  // Gives up what there is, without a word in the log, and connects anew.
  renew() {
    this.leave();
    this.connect();
  }

  leave() {
    clearTimeout(this.#giveUp);
    clearTimeout(this.#retry);
    const socket = this.#socket;
    if (socket !== null) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(1000);
      this.#socket = null;
      this.#listener.left();
    }
    this.#state = "closed";
  }

  get waiting() {
    return this.#state === "reconnecting";
  }

  #closed(code, reason, acceptedAt) {
    const stable = acceptedAt !== null && performance.now() - acceptedAt >= STABLE_AFTER;
    this.#socket = null;
    if (acceptedAt !== null) this.#listener.ended(code, reason);
    if (acceptedAt !== null && FINAL.has(code)) {
      this.#change("closed");
      return;
    }
    if (stable) this.#failures = 0;
    if (!stable || !COME_BACK.has(code)) ++this.#failures;
    // Full jitter: many pages that lost the same server must not return together.
    const delay = Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#failures);
    this.#retry = setTimeout(() => this.connect(), delay);
    this.#change("reconnecting", performance.now() + delay);
  }

  #change(state, due = null) {
    this.#state = state;
    this.#listener.changed(state, due);
  }
}
