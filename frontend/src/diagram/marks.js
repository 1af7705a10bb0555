// What is going on: tokens, the path, incidents, clauses, how often.
import { text } from "./text.js";

function badge(kind, content, title) {
  const made = document.createElement("span");
  made.className = `mark mark-${kind}`;
  made.textContent = content;
  if (title) made.title = title;
  return made;
}

/** The first of several articles; the others are in the tooltip. */
function brief(clause) {
  const [first, ...others] = clause.split("、");
  return others.length ? `${first}…` : first;
}

export function drawMarks(viewer, state) {
  const canvas = viewer.get("canvas");
  const overlays = viewer.get("overlays");
  const registry = viewer.get("elementRegistry");
  const known = (ids) => (ids ?? []).filter((id) => registry.get(id));
  const pairs = (values) => Object.entries(values ?? {}).filter(([id]) => registry.get(id));
  const put = (id, kind, position, html) => overlays.add(id, kind, { position, html, show: { minZoom: 0.25 } });

  for (const id of known([...(state.visited ?? []), ...(state.flows ?? [])])) canvas.addMarker(id, "is-done");
  for (const [id, count] of pairs(state.tokens)) {
    canvas.addMarker(id, "is-active");
    put(id, "token", { top: -13, right: 16 }, badge("token", String(count), `${text("办理中")} · ${text("{count} 处", { count })}`));
  }
  for (const id of known(state.incidents)) {
    canvas.addMarker(id, "is-incident");
    put(id, "incident", { bottom: 12, left: -10 }, badge("incident", "!", text("出现异常")));
  }
  for (const [id, count] of pairs(state.counts)) {
    put(id, "count", { bottom: 11, right: 30 }, badge("count", `×${count}`, text("共办理 {count} 次", { count })));
  }
  for (const [id, clause] of pairs(state.clauses)) {
    // Beside the small shapes of events and gateways stand their names: a sign is enough there.
    const { width } = registry.get(id);
    const task = width >= 80;
    put(id, "clause", task ? { top: -14, left: -6 } : { bottom: 14, left: -8 }, badge("clause", task ? brief(clause) : "§", clause));
  }
  return { clauses: pairs(state.clauses).length > 0, times: false };
}
