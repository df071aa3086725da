// What this tab keeps of a room, so that it goes on where it was after it was loaded anew: sessionStorage, a key a room.

const PREFIX = "viaduct.room/";
const SAVE_AFTER = 500;
const ENTRIES = 100;
const LONGEST = 250_000; // characters of all entries together

export class Memory {
  #key;
  #describe;
  #timer = null;

  // `describe()` returns { standing, entries, draft }: JSON, `entries` oldest first. `room` is its name.
  constructor(room, describe) {
    this.#key = PREFIX + room;
    this.#describe = describe;
    window.addEventListener("pagehide", () => this.#save());
  }

  // What was kept last, or empty of each.
  static recall(room) {
    const nothing = { standing: {}, entries: [], draft: "" };
    try {
      const kept = JSON.parse(sessionStorage.getItem(PREFIX + room));
      return Array.isArray(kept?.entries) ? { ...nothing, ...kept } : nothing;
    } catch {
      return nothing; // No storage, or not ours.
    }
  }

  // Something changed.
  touch() {
    this.#timer ??= setTimeout(() => this.#save(), SAVE_AFTER);
  }

  #save() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const { standing, entries, draft } = this.#describe();
    const text = JSON.stringify({ standing, entries: lastOf(entries), draft });
    try {
      sessionStorage.setItem(this.#key, text);
    } catch {
      this.#saveAlone(text);
    }
  }

  // The storage is full: of other rooms, as far as it is ours.
  #saveAlone(text) {
    try {
      const keys = Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
      for (const key of keys) sessionStorage.removeItem(key);
      sessionStorage.setItem(this.#key, text);
    } catch {
      // Nothing can be kept: a page loaded anew begins anew.
    }
  }
}

function lastOf(entries) {
  let length = 0;
  let first = entries.length;
  while (first > 0 && entries.length - first < ENTRIES) {
    length += entries[first - 1].text?.length ?? 0;
    if (length > LONGEST) break;
    --first;
  }
  return entries.slice(first);
}
