// How much of a diagram is seen at first, and how high it stands on the page.

const LOWEST = 260;
const HIGHEST = 640;
// Below this, names in a diagram cannot be read.
const READABLE = 0.72;

/** As high as the diagram at the width of the page, or at a scale that can be read where part of it is shown. */
export function layOut(viewer, canvas, tokens) {
  viewer.get("canvas").resized();
  const { inner } = viewer.get("canvas").viewbox();
  const scale = canvas.clientWidth / Math.max(inner.width, 1);
  const height = inner.height * (placeOf(viewer, tokens) ? Math.max(scale, READABLE) : scale) + 40;
  canvas.style.height = `${Math.round(Math.min(Math.max(height, LOWEST), HIGHEST, innerHeight * 0.75))}px`;
  viewer.get("canvas").resized();
}

/** Where the case stands: the smallest of the shapes with a token, for the others lie around it. */
function placeOf(viewer, tokens) {
  const registry = viewer.get("elementRegistry");
  const shapes = tokens.map((id) => registry.get(id)).filter(Boolean);
  const rank = (shape) => (shape.type === "bpmn:UserTask" ? 0 : shape.width * shape.height);
  return shapes.sort((one, other) => rank(one) - rank(other))[0];
}

/** All of it when it can be read then, or when the case stands nowhere any more; otherwise the place where it stands. */
export function fit(viewer, tokens) {
  const canvas = viewer.get("canvas");
  canvas.resized();
  canvas.zoom("fit-viewport", "auto");
  const here = placeOf(viewer, tokens);
  if (canvas.zoom() >= READABLE || !here) return;
  const { inner, outer } = canvas.viewbox();
  const [width, height] = [outer.width / READABLE, outer.height / READABLE];
  const middle = { x: here.x + here.width / 2, y: here.y + here.height / 2 };
  canvas.viewbox({
    x: within(middle.x - width / 2, inner.x - 20, inner.x + inner.width + 20 - width),
    y: within(middle.y - height / 2, inner.y - 20, inner.y + inner.height + 20 - height),
    width,
    height,
  });
}

function within(value, least, most) {
  return most < least ? (least + most) / 2 : Math.min(Math.max(value, least), most);
}

export function zoomBy(viewer, factor) {
  const canvas = viewer.get("canvas");
  canvas.zoom(Math.min(Math.max(canvas.zoom() * factor, 0.2), 4));
}

export function showAll(viewer) {
  viewer.get("canvas").zoom("fit-viewport", "auto");
}
