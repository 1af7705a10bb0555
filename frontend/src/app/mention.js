// @ in a comment suggests people.
import { fresh } from "./dom.js";
import { Listbox } from "./listbox.js";

const NAME = /@([\p{L}\p{N}_·]{0,20})$/u;

function typed(field) {
  return field.value.slice(0, field.selectionStart).match(NAME);
}

export function startMentions() {
  for (const field of fresh("textarea[data-mention]", startMentions)) {
    const list = new Listbox(field, field.dataset.mention, ({ name }) => {
      const found = typed(field);
      if (found) field.setRangeText(`@${name} `, field.selectionStart - found[0].length, field.selectionStart, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    field.removeAttribute("aria-expanded");
    field.addEventListener("input", (event) => {
      if (event.isComposing) return;
      const found = typed(field);
      if (found) list.ask(found[1]);
      else list.close();
    });
  }
}
