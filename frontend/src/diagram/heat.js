// Where the time goes: a warm cloud behind what took long, and how long it took.

const SVG = "http://www.w3.org/2000/svg";
const LAYER = "times";

function gradient() {
  const made = document.createElementNS(SVG, "radialGradient");
  made.id = "diagram-heat";
  for (const [offset, color, opacity] of [[0, "#d7431c", 0.7], [0.5, "#f6a04d", 0.45], [1, "#ffe9a8", 0]]) {
    const stop = document.createElementNS(SVG, "stop");
    stop.setAttribute("offset", offset);
    stop.setAttribute("stop-color", color);
    stop.setAttribute("stop-opacity", opacity);
    made.append(stop);
  }
  const defs = document.createElementNS(SVG, "defs");
  defs.append(made);
  return defs;
}

function cloud(element, share) {
  const made = document.createElementNS(SVG, "ellipse");
  made.setAttribute("cx", element.x + element.width / 2);
  made.setAttribute("cy", element.y + element.height / 2);
  made.setAttribute("rx", element.width / 2 + 50 * share);
  made.setAttribute("ry", element.height / 2 + 40 * share);
  made.setAttribute("fill", "url(#diagram-heat)");
  made.setAttribute("opacity", 0.25 + 0.75 * share);
  return made;
}

function label(content) {
  const made = document.createElement("span");
  made.className = "mark mark-time";
  made.textContent = content;
  return made;
}

/** Draws the layer, hidden; returns whether there is anything on it. */
export function drawHeat(viewer, times) {
  const registry = viewer.get("elementRegistry");
  const found = Object.entries(times).filter(([id]) => registry.get(id));
  if (!found.length) return false;
  // Above the white ground of lanes, under the pointer's reach; blended so that text stays readable.
  const layer = viewer.get("canvas").getLayer(LAYER, 1);
  layer.append(gradient());
  const most = Math.max(...found.map(([, { seconds }]) => seconds));
  for (const [id, { seconds, text }] of found) {
    layer.append(cloud(registry.get(id), seconds / most));
    viewer.get("overlays").add(id, "time", { position: { bottom: -3, left: 4 }, html: label(text), show: { minZoom: 0.25 } });
  }
  return true;
}
