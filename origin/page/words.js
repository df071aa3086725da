// The words for what is no message: ends of connections, gaps, an operator's notices, and how we stand now.

import { counted, duration } from "./text.js";

const MEANINGS = {
  1000: "the server ended the conversation",
  1001: "the server is going away",
  1002: "protocol error",
  1006: "something on the way dropped the connection",
  1008: "against the server's rules",
  1009: "a message was too big",
  1011: "the server failed",
  1013: "the server is overloaded, or this page reads too slowly",
  1014: "the chat behind the gateway is gone",
};

const isRestart = ({ code, reason }) => code === 1012 || (code === 1001 && /shutting down|going away|^$/.test(reason));
const isAged = ({ code, reason }) => code === 1001 && reason === "maximum duration";
const isIdle = ({ code, reason }) => code === 1001 && reason === "idle timeout";

// In one phrase, why a connection ended: { code, reason, silence }, or {} if there was none.
export function endOf(end) {
  if (end.code === undefined) return "The server cannot be reached";
  if (isRestart(end)) return "The server is restarting";
  if (isAged(end)) return "The server asks to connect anew";
  if (isIdle(end)) return `Disconnected after ${duration(end.silence)} of silence`;
  if (end.code === 1008 || end.code === 1000) return "Disconnected by the server";
  return "Connection lost";
}

function closeLine(entry) {
  const calm = isRestart(entry) || isIdle(entry) || isAged(entry);
  const reason = entry.reason === "" ? "" : ` "${entry.reason}"`;
  const meaning = MEANINGS[entry.code] === undefined ? "" : `: ${MEANINGS[entry.code]}`;
  return calm
    ? { text: endOf(entry), tone: "calm" }
    : { text: endOf(entry), meaning: `code ${entry.code}${reason}${meaning}`, tone: "bad" };
}

function resumedWords({ count, gap, done }) {
  const messages = counted(count, "message");
  if (!done) return "Catching up…";
  if (gap && count === 0) return "Connected again: nothing else is kept";
  if (gap) return `Connected again: ${messages} of those you missed`;
  return count === 0 ? "Connected again, nothing was missed" : `Connected again: ${messages} came while you were away`;
}

// An entry that is no message: { text, label, meaning, tone }, of which only `text` is always there.
export function lineFor(entry) {
  switch (entry.kind) {
    case "close":
      return closeLine(entry);
    case "gap":
      return {
        text: "Some messages may be missing here",
        meaning: "The server no longer has all that was said while you were away.",
      };
    case "resumed":
      return { text: resumedWords(entry) };
    case "joined":
      return { text: "You joined" };
    case "notice":
      return { text: entry.text, label: entry.from === "" ? "Operator" : `Operator · ${entry.from}` };
    default:
      return { text: entry.text };
  }
}

// "Ada", "Ada and Bob", "Ada, Bob and 3 others"
function listed(names) {
  if (names.length === 1) return names[0];
  if (names.length === 2) return `${names[0]} and ${names[1]}`;
  return `${names[0]}, ${names[1]} and ${counted(names.length - 2, "other")}`;
}

export function comingsAndGoings(joined, left) {
  const came = joined.length > 0 ? [`${listed(joined)} joined`] : [];
  const went = left.length > 0 ? [`${listed(left)} left`] : [];
  return [...came, ...went].join(" · ");
}

const STATES = { connecting: "Connecting", open: "Connected", reconnecting: "Reconnecting", closed: "Disconnected" };

// What the header and the line below it say. `doubt` is "offline" or "silent", or "" if the connection can be relied on.
export function standingWords({ state, doubt, waited, end }) {
  if (doubt === "offline") return { state: "Offline", trouble: "This device is offline" };
  if (doubt === "silent") return { state: "No answer", trouble: `The server has not answered for ${duration(waited)}` };
  if (state === "open" || end === null) return { state: STATES[state], trouble: "" };
  return { state: STATES[state], trouble: state === "closed" ? endOf(end) : `${endOf(end)}, reconnecting` };
}
