// The panel that says who is here, and takes the viewer's name; and the question for it, above the composer.

import { chooseName, hasChosen, onNameChosen, ownName } from "./people.js";
import { cleanName, counted } from "./text.js";

const $ = (id) => document.getElementById(id);

// `renamed()` is called when the viewer has another name. Returns { show(clientCount) }.
export function setUpPeople(people, renamed) {
  let current = ownName();

  function choose(text) {
    const name = cleanName(text);
    chooseName(name);
    took(name);
  }

  function took(name) {
    $("introduce").hidden = hasChosen();
    $("name").value = name;
    if (name === current) return;
    current = name;
    renamed();
  }

  $("introduce").hidden = hasChosen();
  $("introduce").addEventListener("submit", (event) => {
    event.preventDefault();
    choose($("first-name").value);
    $("message").focus();
  });
  $("no-name").addEventListener("click", () => {
    choose("");
    $("message").focus();
  });
  $("rename").addEventListener("submit", (event) => {
    event.preventDefault();
    choose($("name").value);
    $("people").hidePopover();
  });
  $("people").addEventListener("toggle", (event) => {
    if (event.newState === "open") $("name").value = current;
  });
  onNameChosen(() => took(ownName()));

  function person({ id, name }, own) {
    const item = document.createElement("li");
    item.dataset.colour = people.colour(id, name);
    const shown = document.createElement("bdi");
    const label = people.label(id, name);
    shown.textContent = label.name;
    item.append(shown);
    if (label.mark !== "") {
      const mark = document.createElement("code");
      mark.textContent = label.mark;
      item.append(" ", mark);
    }
    if (own) item.append(" (you)");
    item.title = id;
    return item;
  }

  return {
    show(clientCount) {
      $("client-count").textContent = clientCount;
      const list = people.list ?? [];
      const ownId = $("own-id").dataset.id;
      const sorted = [...list].sort((a, b) => (b.id === ownId) - (a.id === ownId) || a.name.localeCompare(b.name));
      $("who").replaceChildren(...sorted.map((one) => person(one, one.id === ownId)));
      const others = Number(clientCount) - list.length;
      $("nameless").hidden = others <= 0;
      $("nameless").textContent =
        people.list === null
          ? `${counted(Number(clientCount), "connection")}; names are shown in smaller rooms.`
          : `${list.length === 0 ? "" : "and "}${others} without a name`;
    },
  };
}
