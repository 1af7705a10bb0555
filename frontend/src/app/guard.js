// Forms that are not lost: drafts are saved a few seconds after a change, before another form of the page is sent, and
// on leaving; without drafts leaving asks first.
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

function save(form, keepalive = false) {
  const state = states.get(form);
  const body = content(form);
  if (!form.dataset.draft || state.leaving || body === state.saved) return;
  const saving = send(form, state, body, keepalive).finally(() => state.saving === saving && (state.saving = null));
  state.saving = saving;
}

async function send(form, state, body, keepalive) {
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

/** The forms with drafts, and how they stand. */
function drafting() {
  return [...states].filter(([form]) => form.dataset.draft && form.isConnected);
}

function leave() {
  for (const [, state] of drafting()) {
    clearTimeout(state.timer);
    state.leaving = true;
  }
}

function stay() {
  states.forEach((state) => (state.leaving = false));
}

const kept = new WeakSet();

/** Another form is sent: what was typed is saved before, for afterwards the task may no longer be one's own. */
async function keepFirst(event) {
  const { target: form, submitter } = event;
  if (form.method !== "post" || states.has(form) || kept.delete(form)) return;
  const unsaved = drafting().filter(([draft, state]) => state.saving || changed(draft, state));
  if (!unsaved.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  for (const [draft, state] of unsaved) {
    clearTimeout(state.timer);
    await state.saving;
    save(draft);
    await state.saving;
  }
  kept.add(form);
  form.requestSubmit(submitter);
}

function watchActs() {
  document.addEventListener("submit", keepFirst, true);
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (ctx.request.method === "POST" && !states.has(ctx.sourceElement.closest("form"))) leave();
  });
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => ctx.hx?.redirect || stay());
}

export function watchGuards() {
  watchActs();
  document.addEventListener("input", soon);
  document.addEventListener("change", soon);
  document.addEventListener("submit", (event) => {
    // What opens beside the page (a preview) does not leave it.
    if (event.defaultPrevented || event.submitter?.formTarget === "_blank") return;
    const state = states.get(event.target);
    if (state) {
      clearTimeout(state.timer);
      state.leaving = true;
    } else if (event.target.method === "post") leave();
  });
  window.addEventListener("pageshow", stay);
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
