// What this tab keeps of a room, so that it goes on where it was after it was loaded anew: sessionStorage, two keys a room.
// Each thing is bounded by itself: a long message or draft costs no other entry and no other room.

import { beginningOf } from "./text.js";

const PREFIX = "viaduct.room/";
const DRAFT = "viaduct.draft/";
const SAVE_AFTER = 500;
const ENTRIES = 100;
// In characters: of one entry, of all entries, of a draft. The rest is not kept.
const LONGEST_ENTRY = 33_000;
const LONGEST = 250_000;
const LONGEST_DRAFT = 100_000;

export class Memory {
  #room;
  #describe;
  #timer = null;

  // `describe()` returns { standing, entries, draft }: JSON, `entries` oldest first. `room` is its name.
  constructor(room, describe) {
    this.#room = room;
    this.#describe = describe;
    window.addEventListener("pagehide", () => this.#save());
  }

  // What was kept last, or empty of each. An entry whose text was too long has `cut`, the length that it had.
  static recall(room) {
    const recalled = { standing: {}, entries: [], draft: "" };
    try {
      recalled.draft = sessionStorage.getItem(DRAFT + room) ?? "";
      const kept = JSON.parse(sessionStorage.getItem(PREFIX + room));
      if (Array.isArray(kept?.entries)) return { ...recalled, standing: kept.standing ?? {}, entries: kept.entries };
    } catch {
      // No storage, or not ours.
    }
    return recalled;
  }

  // Something changed.
  touch() {
    this.#timer ??= setTimeout(() => this.#save(), SAVE_AFTER);
  }

  #save() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const { standing, entries, draft } = this.#describe();
    this.#store(DRAFT, beginningOf(draft, LONGEST_DRAFT));
    this.#store(PREFIX, JSON.stringify({ at: Date.now(), standing, entries: lastOf(entries) }));
  }

  // If the storage is full, the room that was saved longest ago gives way, then the next.
  #store(prefix, text) {
    for (;;) {
      try {
        if (text === "") sessionStorage.removeItem(prefix + this.#room);
        else sessionStorage.setItem(prefix + this.#room, text);
        return;
      } catch {
        if (!forgetOldest(this.#room)) return; // Nothing can be kept.
      }
    }
  }
}

// False if no other room is kept.
function forgetOldest(but) {
  try {
    const keys = Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX) && key !== PREFIX + but);
    if (keys.length === 0) return false;
    const [oldest] = keys.map((key) => [savedAt(key), key]).sort(([a], [b]) => a - b);
    sessionStorage.removeItem(oldest[1]);
    return true;
  } catch {
    return false; // No storage.
  }
}

function savedAt(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)).at ?? 0;
  } catch {
    return 0;
  }
}

function lastOf(entries) {
  const kept = [];
  let length = 0;
  for (const entry of entries.slice(-ENTRIES).reverse()) {
    const bounded = bound(entry);
    length += bounded.text?.length ?? 0;
    if (length > LONGEST) break;
    kept.push(bounded);
  }
  return kept.reverse();
}

function bound(entry) {
  const text = entry.text;
  if (text === undefined || text.length <= LONGEST_ENTRY) return entry;
  return { ...entry, text: beginningOf(text, LONGEST_ENTRY), cut: entry.cut ?? text.length };
}
