// Keys: j and k move in lists, / searches, ? helps; elements with aria-keyshortcuts answer to theirs. Single keys can be
// switched off, for people whose software types them by itself (WCAG 2.1.4).
import { freshId, make } from "./dom.js";
import { text } from "./text.js";

const OFF = "gongkai-keys-off";

function isOff() {
  try {
    return localStorage.getItem(OFF) === "1";
  } catch {
    return false;
  }
}

function isTyping(target) {
  return target.isContentEditable || target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
}

function move(by) {
  const rows = [...document.querySelectorAll("[data-list] > *")].filter((row) => row.querySelector("a[href]"));
  if (!rows.length) return false;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1);
  const link = rows[next].querySelector("a[href]");
  link.focus();
  link.scrollIntoView({ block: "nearest" });
  return true;
}

function search() {
  const field = document.querySelector("[data-search]");
  field?.focus();
  field?.select();
  return Boolean(field);
}

function press(key) {
  const found = [...document.querySelectorAll("[aria-keyshortcuts]")].find(
    (element) => element.getAttribute("aria-keyshortcuts").toLowerCase() === key && element.getClientRects().length,
  );
  found?.click();
  return Boolean(found);
}

function line(keys, meaning) {
  const names = keys.flatMap((key) => [" ", make("kbd", {}, key)]);
  return make("div", {}, make("dt", {}, ...names.slice(1)), make("dd", {}, meaning));
}

function help() {
  const id = freshId("keys");
  const own = [...document.querySelectorAll("[aria-keyshortcuts]")].filter((element) => element.getClientRects().length);
  const lines = [
    line(["j", "k"], text("列表中下一项、上一项")),
    line(["Enter"], text("打开所在的一项")),
    line(["/"], text("查找")),
    line(["?"], text("显示本说明")),
    line(["Esc"], text("关闭对话框或菜单")),
    ...own.map((element) => line([element.getAttribute("aria-keyshortcuts")], element.textContent.trim())),
  ];
  const use = make("input", { type: "checkbox", class: "form-check-input", id: `${id}-use` });
  use.checked = !isOff();
  use.addEventListener("change", () => localStorage.setItem(OFF, use.checked ? "0" : "1"));
  const close = make("button", { type: "button", class: "btn btn-primary", "data-close": true }, text("关闭"));
  const dialog = make(
    "dialog",
    { class: "dialog", "aria-labelledby": id },
    make("h2", { id }, text("键盘快捷键")),
    make("dl", { class: "facts-rows" }, ...lines),
    make("div", { class: "form-check mt-3" }, use, make("label", { class: "form-check-label", for: use.id }, text("使用单键快捷键"))),
    make("div", { class: "dialog-actions" }, close),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return true;
}

export function watchKeys() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys]")) help();
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || isOff()) return;
    if (event.key.length !== 1 || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    // A diagram that has the focus moves by keys of its own.
    if (event.target.closest("[data-diagram]")) return;
    const actions = { j: () => move(1), k: () => move(-1), "/": search, "?": help };
    const done = actions[event.key]?.() || press(event.key.toLowerCase());
    if (done) event.preventDefault();
  });
}
