// Typeahead pickers: a text field that suggests, and hidden inputs that carry the ids.
import { announce, fresh, make } from "./dom.js";
import { Listbox } from "./listbox.js";
import { text } from "./text.js";

function changed(field) {
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function chip(field, target, { id, name }) {
  const button = make("button", { type: "button", "data-remove": true, "aria-label": text("移除 {name}", { name }) }, "×");
  const value = make("input", { type: "hidden", name: field.dataset.name, value: id });
  return make("li", { class: "chip", "data-item": name }, make("span", {}, name), value, button);
}

/** One value: the hidden input follows the text; a text that was not chosen is no value. */
function single(field, target) {
  // Without scripts the text is posted, with them the id. A form posts both: what names nobody is shown again.
  if (target.name && field.name !== `_pick.${target.name}`) field.removeAttribute("name");
  let chosen = field.value;
  const list = new Listbox(field, field.dataset.typeahead, ({ id, name }) => {
    target.value = id;
    field.value = chosen = name;
    changed(field);
    announce(text("已选择 {name}", { name }));
  });
  field.addEventListener("input", () => {
    if (field.value !== chosen) target.value = "";
    list.ask(field.value.trim());
  });
  return list;
}

function several(field, target) {
  field.removeAttribute("name");
  const list = new Listbox(field, field.dataset.typeahead, (option) => {
    const there = [...target.querySelectorAll("input")].some((input) => input.value === option.id);
    if (!there) target.append(chip(field, target, option));
    field.value = "";
    changed(field);
    announce(text("已选择 {name}", { name: option.name }));
  });
  field.addEventListener("input", () => list.ask(field.value.trim()));
  return list;
}

export function startComboboxes() {
  for (const field of fresh("input[data-typeahead]", startComboboxes)) {
    const target = document.getElementById(field.dataset.typeaheadFor);
    const list = "multiple" in field.dataset ? several(field, target) : single(field, target);
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-expanded", "false");
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && !list.open && !event.isComposing) list.ask(field.value.trim());
    });
  }
}
