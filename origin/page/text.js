// Texts from outside, as values: nothing here knows the page.

const NAME_CHARACTERS = 32;
// Controls, halves of characters, private use, and what changes the direction of writing or has no width.
const UNSAFE = /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
const STACKED = /(\p{M}{2})\p{M}+/gu;
// What may stand in an address; a control that changes the direction of writing ends it.
const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const SENTENCE_END = /[.,:;!?)\]}…]+$/u;

// The first `length` characters, and not half of one.
export function beginningOf(text, length) {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
}

// At most `length` characters and `lines` lines.
export function clipped(text, length, lines) {
  let end = -1;
  for (let line = 0; line < lines; ++line) {
    end = text.indexOf("\n", end + 1);
    if (end < 0 || end > length) return beginningOf(text, length);
  }
  return text.slice(0, end);
}

// A person's name as it may be sent and shown; "" if nothing is left of it.
export function cleanName(text) {
  const clean = text.replace(/\s+/gu, " ").replace(UNSAFE, "").replace(STACKED, "$1").trim();
  return [...clean].slice(0, NAME_CHARACTERS).join("").trim();
}

// Splits a text into [text, address] pairs, where address is "" for what is no link. Only http and https are links, and
// none that hides its host behind a user's name.
export function partsOf(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const shown = trimmed(match[0]);
    const address = addressOf(shown);
    if (address === "") continue;
    parts.push([text.slice(end, match.index), ""], [shown, address]);
    end = match.index + shown.length;
  }
  parts.push([text.slice(end), ""]);
  return parts.filter(([shown]) => shown !== "");
}

// Without the end of the sentence around it; a bracket that was opened inside stays.
function trimmed(address) {
  const without = address.replace(SENTENCE_END, "");
  return without.includes("(") && address[without.length] === ")" ? `${without})` : without;
}

function addressOf(text) {
  try {
    const url = new URL(text);
    return url.username === "" && url.password === "" && /^https?:$/.test(url.protocol) ? url.href : "";
  } catch {
    return "";
  }
}

export function bytesOf(text) {
  return new TextEncoder().encode(text).length;
}

// "1 message", "2 messages"
export function counted(count, one) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : `${one}s`}`;
}

// "5 seconds", "10 minutes"
export function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 100 ? counted(seconds, "second") : counted(Math.round(seconds / 60), "minute");
}
