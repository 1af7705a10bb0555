// Forms that are not lost: drafts are saved a few seconds after a change and on leaving; else leaving asks first.
import { csrf, fresh } from "./dom.js";
import { text } from "./text.js";

const IDLE = 3000;
// What a browser still sends after a page has been left is limited to 64 KiB.
const FAREWELL = 60000;

const states = new Map();

function content(form) {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") fields.append(name, value);
  }
  return fields.toString();
}

export function startGuards() {
  for (const [form] of states) if (!form.isConnected) states.delete(form);
  for (const form of fresh("form[data-guard]", startGuards)) {
    // A form that came back with errors holds what nobody has saved yet.
    states.set(form, { saved: form.hasAttribute("data-dirty") ? null : content(form), leaving: false });
  }
}

function say(form, sentence) {
  const place = form.querySelector("[data-draft-status]") ?? document.querySelector(`[data-draft-status="${form.id}"]`);
  if (place) place.textContent = sentence;
}

async function save(form, keepalive = false) {
  const state = states.get(form);
  const body = content(form);
  if (!form.dataset.draft || state.leaving || body === state.saved) return;
  const before = state.saved;
  state.saved = body;
  if (!keepalive) say(form, text("正在保存草稿…"));
  try {
    const answer = await fetch(form.dataset.draft, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": csrf(), "HX-Request": "true" },
      body,
      keepalive,
    });
    // A session that has ended answers with the page to sign in.
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    const time = new Intl.DateTimeFormat("zh-CN", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date());
    say(form, text("草稿已保存（{time}）", { time }));
  } catch {
    if (state.saved === body) state.saved = before;
    say(form, text("草稿未能保存，请点“保存草稿”或稍后再试"));
  }
}

function soon(event) {
  const form = event.target.form ?? event.target.closest?.("form");
  const state = states.get(form);
  if (!state) return;
  clearTimeout(state.timer);
  state.timer = setTimeout(() => save(form), IDLE);
}

function changed(form, state) {
  return form.isConnected && !state.leaving && content(form) !== state.saved;
}

export function watchGuards() {
  document.addEventListener("input", soon);
  document.addEventListener("change", soon);
  document.addEventListener("submit", (event) => {
    const state = states.get(event.target);
    if (!state || event.defaultPrevented) return;
    clearTimeout(state.timer);
    state.leaving = true;
  });
  window.addEventListener("pageshow", () => states.forEach((state) => (state.leaving = false)));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden") return;
    for (const [form, state] of states) if (changed(form, state)) save(form, content(form).length < FAREWELL);
  });
  window.addEventListener("beforeunload", (event) => {
    for (const [form, state] of states) {
      if (!changed(form, state)) continue;
      if (form.dataset.draft && content(form).length < FAREWELL) {
        save(form, true);
      } else {
        event.preventDefault();
        event.returnValue = "";
      }
    }
  });
}
