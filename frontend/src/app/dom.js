// Small pieces that several modules need.

/** The token that every change of a session has to carry. */
export function csrf() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** An element with attributes, text and children. */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

const started = new WeakMap();

/** Elements that match and have not been given to this starter before. */
export function fresh(selector, starter) {
  const seen = started.get(starter) ?? started.set(starter, new WeakSet()).get(starter);
  return [...document.querySelectorAll(selector)].filter((found) => !seen.has(found) && seen.add(found));
}

let last = 0;

/** An id that no element of the page has yet. */
export function freshId(prefix) {
  do last += 1;
  while (document.getElementById(`${prefix}-${last}`));
  return `${prefix}-${last}`;
}

let live;

/** Says something to screen readers. */
export function announce(sentence) {
  if (!live?.isConnected) {
    live = make("div", { class: "visually-hidden", role: "status" });
    document.body.append(live);
  }
  // A region that has just been made is not read unless its text comes later.
  setTimeout(() => (live.textContent = sentence), 60);
}

/** Shows something to everybody, for a while or until it is closed. */
export function toast(sentence, kind = "danger") {
  let box = document.querySelector(".toasts");
  if (!box) document.body.append((box = make("div", { class: "toasts" })));
  const alert = make("div", { class: `alert alert-${kind}`, role: kind === "danger" ? "alert" : "status" }, sentence);
  box.append(alert);
  setTimeout(() => alert.remove(), 12000);
}
