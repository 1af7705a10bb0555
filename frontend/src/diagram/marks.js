// What is going on: tokens, the path, incidents, clauses, how often.
import { text } from "./text.js";

// Narrower are events and gateways.
const TASK = 80;

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

  const inside = (shape) => shape.children?.some((child) => child.type !== "label" && !child.hidden);
  for (const shape of registry.filter((each) => each.type?.endsWith("SubProcess") || each.type === "bpmn:Transaction"))
    if (inside(shape)) canvas.addMarker(shape.id, "is-around");

  for (const id of known([...(state.visited ?? []), ...(state.flows ?? [])])) canvas.addMarker(id, "is-done");
  for (const [id, count] of pairs(state.tokens)) {
    canvas.addMarker(id, "is-active");
    put(id, "token", { top: -13, right: 16 }, badge("token", String(count), `${text("办理中")} · ${text("{count} 处", { count })}`));
  }
  // What a page points at looks like where a case stands, but nothing goes on there.
  for (const id of known(state.pointed)) canvas.addMarker(id, "is-active");
  for (const id of known(state.incidents)) {
    canvas.addMarker(id, "is-incident");
    put(id, "incident", { bottom: 12, left: -10 }, badge("incident", "!", text("出现异常")));
  }
  for (const [id, count] of pairs(state.counts)) {
    // Nobody handles an event or a gateway, and their names stand where the number would.
    if (registry.get(id).width < TASK) continue;
    put(id, "count", { bottom: 11, right: 30 }, badge("count", `×${count}`, text("共办理 {count} 次", { count })));
  }
  for (const [id, clause] of pairs(state.clauses)) {
    const { width, type } = registry.get(id);
    if (width >= TASK) put(id, "clause", { top: -14, left: -6 }, badge("clause", brief(clause), clause));
    // A sign is enough for small shapes. The name of an event stands below it, that of a gateway above.
    else put(id, "clause", type.endsWith("Gateway") ? { bottom: 14, left: -8 } : { top: -10, left: -10 }, badge("clause", "§", clause));
  }
  return { clauses: pairs(state.clauses).length > 0, times: false };
}
