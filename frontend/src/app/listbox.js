// The list of suggestions below a field: fetched while typing, moved through by arrows, chosen by Enter or a click.
import { announce, freshId, make } from "./dom.js";
import { text } from "./text.js";

const PAUSE = 180;

export class Listbox {
  /**
   * @param field the input or textarea
   * @param url answers `GET url?q=…` with a list of {id, name, note}
   * @param choose called with what has been chosen
   */
  constructor(field, url, choose) {
    this.field = field;
    this.url = url;
    this.choose = choose;
    this.options = [];
    this.at = -1;
    // Whether the whole field is what is looked for.
    this.whole = field.tagName === "INPUT";
    this.list = make("ul", { class: "combobox-list", role: "listbox", id: freshId("suggestions"), hidden: true });
    this.list.setAttribute("aria-label", field.labels?.[0]?.textContent.trim() || field.getAttribute("aria-label") || "");
    this.none = make("div", { class: "combobox-list combobox-none", hidden: true }, text("没有匹配的结果"));
    const box = make("div", { class: "combobox" });
    field.replaceWith(box);
    box.append(field, this.list, this.none);
    field.setAttribute("autocomplete", "off");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.list.id);
    // The field keeps the focus: the press of a mouse would take it away.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const found = event.target.closest('[role="option"]');
      if (found) this.take([...this.list.children].indexOf(found));
    });
    field.addEventListener("blur", () => this.leave());
    field.addEventListener("keydown", (event) => this.key(event));
  }

  get open() {
    return !this.list.hidden;
  }

  /** Fetches suggestions for what has been typed, after a short pause. */
  ask(query) {
    clearTimeout(this.timer);
    this.pending?.abort();
    this.timer = setTimeout(async () => {
      this.pending = new AbortController();
      const address = new URL(this.url, location.href);
      address.searchParams.set("q", query);
      try {
        const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: this.pending.signal });
        if (answer.ok && document.activeElement === this.field) this.show(await answer.json());
      } catch (error) {
        if (error.name !== "AbortError") this.close();
      }
    }, PAUSE);
  }

  show(options) {
    this.options = options;
    this.at = -1;
    this.list.replaceChildren(
      ...options.map(({ name, note }, n) => {
        const item = make("li", { role: "option", id: `${this.list.id}-${n}`, "aria-selected": "false" }, name);
        if (note) item.append(make("small", {}, note));
        return item;
      }),
    );
    this.list.hidden = !options.length;
    this.none.hidden = Boolean(options.length);
    this.field.setAttribute("aria-expanded", String(this.open));
    this.field.removeAttribute("aria-activedescendant");
    announce(options.length ? text("{count} 个结果，用上下键选择", { count: options.length }) : text("没有匹配的结果"));
  }

  close() {
    clearTimeout(this.timer);
    this.pending?.abort();
    this.options = [];
    this.list.hidden = true;
    this.none.hidden = true;
    this.at = -1;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }

  /** Somebody who has typed a whole name has chosen it. */
  leave() {
    const at = this.options.findIndex(({ name }) => name === this.field.value.trim());
    if (at >= 0 && this.whole) this.take(at);
    else this.close();
  }

  move(by) {
    const many = this.options.length;
    this.at = this.at < 0 ? (by > 0 ? 0 : many - 1) : (this.at + by + many) % many;
    [...this.list.children].forEach((item, n) => item.setAttribute("aria-selected", String(n === this.at)));
    const item = this.list.children[this.at];
    this.field.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  take(at) {
    const chosen = this.options[at];
    this.close();
    this.choose(chosen);
  }

  key(event) {
    // While Chinese is being composed, keys belong to the input method.
    if (event.isComposing) return;
    if (event.key === "Escape" && (this.open || !this.none.hidden)) {
      // The dialog around it stays open.
      event.stopPropagation();
      this.close();
    } else if (this.open && event.key === "ArrowDown") this.move(1);
    else if (this.open && event.key === "ArrowUp") this.move(-1);
    else if (this.open && event.key === "Enter" && this.at >= 0) this.take(this.at);
    else if (this.open && event.key === "Tab" && this.at >= 0) {
      this.take(this.at);
      return;
    } else return;
    event.preventDefault();
  }
}
