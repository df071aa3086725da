// How we stand: the dot and its words in the header, and the line below it while something is wrong.

import { counted } from "./text.js";
import { standingWords } from "./words.js";

const RESUMED_SHOWN = 8_000;

const $ = (id) => document.getElementById(id);
const body = document.body;

export class Header {
  #state = "connecting";
  #due = null; // when the next attempt is, by performance.now()
  #end = null; // why there is no connection; null while nothing is wrong
  #doubt = "";
  #waited = 0;
  #ticker = null;
  #standingTimer = null;

  // See Connection.
  connection(state, due) {
    this.#state = state;
    this.#due = due;
    body.dataset.state = state;
    if (state !== "open") this.#doubt = navigator.onLine ? "" : "offline";
    if (state === "open") this.#end = null;
    if (state === "reconnecting") this.#end ??= {};
    clearInterval(this.#ticker);
    if (due !== null) this.#ticker = setInterval(() => this.#showCountdown(), 250);
    this.#show();
  }

  // The connection ended as `entry` of the log tells.
  ended(entry) {
    this.#end = entry;
  }

  // "offline", "silent", or "" once the connection has shown that it works.
  doubt(doubt, waited = 0) {
    if (doubt === "" && this.#doubt === "") return;
    this.#doubt = doubt;
    this.#waited = waited;
    this.#show();
  }

  standing(standing, count) {
    clearTimeout(this.#standingTimer);
    body.dataset.standing = standing;
    $("standing").textContent = {
      "catching-up": "catching up…",
      live: "",
      resumed: count === 0 ? "nothing missed" : counted(count, "new message"),
      gap: "gap in the log",
    }[standing];
    if (standing === "resumed") this.#standingTimer = setTimeout(() => this.standing("live", 0), RESUMED_SHOWN);
  }

  #show() {
    const words = standingWords({ state: this.#state, doubt: this.#doubt, waited: this.#waited, end: this.#end });
    if (this.#doubt === "") delete body.dataset.doubt;
    else body.dataset.doubt = this.#doubt;
    $("state").textContent = words.state;
    $("standing").hidden = words.state !== "Connected";
    $("trouble").hidden = words.trouble === "";
    $("trouble-words").textContent = words.trouble;
    $("reconnect").hidden = this.#state !== "reconnecting" && this.#state !== "closed";
    this.#showCountdown();
  }

  #showCountdown() {
    const left = Math.max(1, Math.ceil((this.#due - performance.now()) / 1000));
    $("countdown").textContent = this.#due === null || this.#doubt !== "" ? "" : ` in ${left} s`;
  }
}
