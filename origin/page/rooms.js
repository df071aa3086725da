// Rooms: the one this page is in, by its address, and the way into others. Changing rooms is going to another address, so
// that links, bookmarks and the browser's own back button work.

const NAME = /^[A-Za-z0-9._~-]{1,64}$/;
const KEY = "viaduct.rooms";
const RECENT = 8;

// "" is the room of those who name none.
export function isRoomName(name) {
  return name === "" || NAME.test(name);
}

// What people call it.
export function titleOf(room) {
  return room === "" ? "Main room" : room;
}

// The page's address for a room; its name needs no escaping.
function addressOf(room) {
  return room === "" ? "/" : `/?room=${room}`;
}

// The room that the query of an address names; may be no room's name: isRoomName says.
export function roomOf(query) {
  return new URLSearchParams(query).get("room") ?? "";
}

// The rooms this browser was in, newest first.
function recent() {
  try {
    const rooms = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(rooms) ? rooms.filter((room) => typeof room === "string" && isRoomName(room)) : [];
  } catch {
    return [];
  }
}

function remember(room) {
  const rooms = [room, ...recent().filter((other) => other !== room)].slice(0, RECENT);
  try {
    localStorage.setItem(KEY, JSON.stringify(rooms));
  } catch {
    // No storage: nothing is remembered.
  }
}

const $ = (id) => document.getElementById(id);

function showRecent(current) {
  const rooms = recent();
  if (!rooms.includes("")) rooms.push("");
  $("recent").replaceChildren(
    ...rooms.map((room) => {
      const link = document.createElement("a");
      link.href = addressOf(room);
      link.textContent = titleOf(room);
      link.dataset.room = room;
      if (room === current) link.setAttribute("aria-current", "page");
      const item = document.createElement("li");
      item.append(link);
      return item;
    }),
  );
}

function refuse(words) {
  $("room-error").textContent = words;
  $("room-error").hidden = words === "";
  if (words === "") $("room").removeAttribute("aria-invalid");
  else $("room").setAttribute("aria-invalid", "true");
}

// Lets the viewer see and change rooms. `room` is the page's own; null if its address names none that can be.
export function setUpRooms(room) {
  if (room !== null) remember(room);
  $("room-name").textContent = room === null ? "No such room" : titleOf(room);
  $("rooms").addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    showRecent(room);
    refuse("");
    $("room").focus();
  });
  $("room").addEventListener("input", () => refuse(""));
  $("join").addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = $("room").value.trim();
    if (!NAME.test(wanted)) {
      refuse(wanted === "" ? "Write a room's name." : "That cannot be a room's name: see the rule above.");
      $("room").focus();
    } else {
      location.assign(addressOf(wanted));
    }
  });
}
