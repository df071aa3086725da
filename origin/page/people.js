// Who is here: names, colours, and who came and went. Names are whatever people chose: two may have the same, so who has
// a namesake here is shown with a part of the connection's id.

import { cleanName } from "./text.js";

const KEY = "viaduct.name";
const COLOURS = 12;
const MOST_COLOURED = 500;
// Who loads the page anew or was cut is back within this time, and has not left.
const GRACE = 4_000;

export function ownName() {
  try {
    return cleanName(localStorage.getItem(KEY) ?? "");
  } catch {
    return "";
  }
}

// False until the viewer has chosen a name, or chosen to have none.
export function hasChosen() {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return true; // Nothing could be kept.
  }
}

export function chooseName(name) {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // No storage: the name lasts as long as the page.
  }
}

// Calls `changed` when another page of this host has chosen.
export function onNameChosen(changed) {
  window.addEventListener("storage", (event) => {
    if (event.key === KEY) changed();
  });
}

const folded = (name) => name.normalize("NFKC").toLowerCase();

export class People {
  #told;
  #list = null; // null: they are too many, or not known yet
  #colours = new Map();
  #known = null; // the names that were told of, with their number
  #timer = null;

  // `told(joined, left)` hears the names of those who came and went.
  constructor(told) {
    this.#told = told;
  }

  get list() {
    return this.#list;
  }

  // `people` as the server tells; null if they are too many.
  update(people) {
    this.#list = people;
    if (people === null) {
      this.#known = null;
      return;
    }
    if (this.#known === null) this.#known = this.#names();
    this.#tell(true);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(false), GRACE);
  }

  // Nobody came or went while we were not connected: it is told anew.
  forget() {
    clearTimeout(this.#timer);
    this.#known = null;
  }

  // { name, mark }: `mark` tells apart those whose name says too little.
  label(id, name) {
    const mark = id.slice(0, 4);
    if (name === "") return { name: "Guest", mark };
    const namesake = (this.#list ?? []).some((other) => other.id !== id && folded(other.name) === folded(name));
    return { name, mark: namesake && this.#list.some((other) => other.id === id) ? mark : "" };
  }

  // A colour's number, another for everybody as long as there are enough.
  colour(id, name) {
    const key = name === "" ? id : folded(name);
    if (this.#colours.has(key)) return this.#colours.get(key);
    const uses = Array(COLOURS).fill(0);
    for (const used of this.#colours.values()) ++uses[used];
    const fewest = Math.min(...uses);
    let colour = hash(key) % COLOURS;
    while (uses[colour] > fewest) colour = (colour + 1) % COLOURS;
    this.#colours.set(key, colour);
    if (this.#colours.size > MOST_COLOURED) this.#colours.delete(this.#colours.keys().next().value);
    return colour;
  }

  #names() {
    const names = new Map();
    for (const { name } of this.#list) names.set(name, (names.get(name) ?? 0) + 1);
    return names;
  }

  // Who came is told at once, who went only when the grace is over.
  #tell(onlyJoined) {
    const names = this.#names();
    const joined = [...names].filter(([name, count]) => count > (this.#known.get(name) ?? 0)).map(([name]) => name);
    const left = [...this.#known].filter(([name, count]) => count > (names.get(name) ?? 0)).map(([name]) => name);
    if (onlyJoined) {
      for (const name of joined) this.#known.set(name, names.get(name));
      if (joined.length > 0) this.#told(joined, []);
    } else {
      this.#known = names;
      if (joined.length + left.length > 0) this.#told(joined, left);
    }
  }
}

function hash(text) {
  let sum = 0;
  for (const char of text) sum = (sum * 31 + char.codePointAt(0)) % 65_521;
  return sum;
}
