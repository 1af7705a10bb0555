// Printing, copying, and lists of items on the page.
import { announce } from "./dom.js";
import { text } from "./text.js";

function remove(button) {
  const item = button.closest("[data-item]");
  const list = item.parentElement;
  const next = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector("[data-remove]");
  const label = item.dataset.item;
  // Found before it goes: afterwards the block of the field is out of reach.
  const field = item.closest(".field")?.querySelector("input:not([type=hidden]), textarea, select");
  item.remove();
  (next ?? field)?.focus();
  if (label) announce(text("{name} 已移除", { name: label }));
  list.dispatchEvent(new Event("change", { bubbles: true }));
}

async function copy(button) {
  const element = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(element.value ?? element.textContent.trim());
  } catch {
    // Without a secure connection there is no clipboard: what is selected can be copied by hand.
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return;
  }
  announce(text("已复制"));
  button.textContent = text("已复制");
}

export function watchPage() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-print], [data-copy], [data-remove]");
    if (!button) return;
    event.preventDefault();
    if ("print" in button.dataset) window.print();
    else if ("copy" in button.dataset) copy(button);
    else remove(button);
  });
}
