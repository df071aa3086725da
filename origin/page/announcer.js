// Tells those who listen instead of looking what happens, without flooding them: at most one utterance in a while, and
// many messages as their number.

const FIRST_PAUSE = 200; // what comes together is told together
const PAUSE = 3_000;
const READ_OUT = 2; // messages in one utterance
const LONGEST = 200; // characters of one

const region = document.getElementById("announcer");
let count = 0;
let messages = []; // the last of them
let remarks = [];
let timer = null;

// What somebody wrote.
export function announceMessage(text) {
  ++count;
  messages = [...messages, text.slice(0, LONGEST)].slice(-READ_OUT);
  timer ??= setTimeout(speak, FIRST_PAUSE);
}

// Something about the connection, or about the viewer's own messages.
export function announce(text) {
  if (!remarks.includes(text)) remarks.push(text);
  timer ??= setTimeout(speak, FIRST_PAUSE);
}

function speak() {
  timer = null;
  if (count === 0 && remarks.length === 0) return;
  const heard = count > READ_OUT ? [`${count} new messages. The last one: ${messages.at(-1)}`] : messages;
  region.textContent = [...remarks, ...heard].join(". ");
  count = 0;
  messages = [];
  remarks = [];
  timer = setTimeout(speak, PAUSE);
}
