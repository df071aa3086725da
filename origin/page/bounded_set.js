// A set of the last `limit` strings that were added; those before are forgotten.

export class BoundedSet {
  #limit;
  #members = new Set();

  // `members` is what newest() said, or anything else, which is as nothing.
  constructor(limit, members) {
    this.#limit = limit;
    if (Array.isArray(members)) for (const member of members) this.add(String(member));
  }

  has(member) {
    return this.#members.has(member);
  }

  // False if it was there already.
  add(member) {
    if (this.#members.has(member)) return false;
    this.#members.add(member);
    if (this.#members.size > this.#limit) this.#members.delete(this.#members.values().next().value);
    return true;
  }

  newest(count) {
    return [...this.#members].slice(-count);
  }
}
