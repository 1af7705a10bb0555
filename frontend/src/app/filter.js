// Long lists to tick: typing leaves what contains every word, and what is ticked already.
import { announce, fresh } from "./dom.js";
import { text } from "./text.js";

function filter(field, list) {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const group of list.children) {
    const head = group.querySelector(".picks-head")?.textContent ?? "";
    let left = 0;
    for (const item of group.querySelectorAll(".form-check")) {
      const whole = `${head} ${item.textContent}`.toLowerCase();
      const found = words.every((word) => whole.includes(word));
      item.hidden = !found && !item.querySelector("input").checked;
      if (found) count += 1;
      if (!item.hidden) left += 1;
    }
    group.hidden = !left;
  }
  announce(count ? text("{count} 项符合", { count }) : text("没有匹配的结果"));
}

export function startFilters() {
  for (const field of fresh("input[data-filter]", startFilters)) {
    const list = document.getElementById(field.dataset.filter);
    field.addEventListener("input", (event) => event.isComposing || filter(field, list));
    field.addEventListener("compositionend", () => filter(field, list));
    field.addEventListener("keydown", (event) => {
      // Looking for somebody sends nothing.
      if (event.key === "Enter" && !event.isComposing) event.preventDefault();
    });
  }
}
