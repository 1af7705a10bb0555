// The diagram island: a BPMN file to look at, with what is going on in a case drawn on it.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";

import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "./diagram.css";

import { drawHeat } from "./heat.js";
import { bindKeys } from "./keys.js";
import { drawMarks } from "./marks.js";
import { text, translation } from "./text.js";
import { tools } from "./tools.js";
import { fit, layOut } from "./view.js";

const FONT = '"PingFang SC", "Microsoft YaHei", "HarmonyOS Sans SC", "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif';

async function content(address) {
  const answer = await fetch(address, { headers: { Accept: "application/xml, text/xml, */*" } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.text();
}

function stateOf(figure) {
  const holder = document.getElementById(figure.dataset.state);
  return holder ? JSON.parse(holder.textContent) : {};
}

async function open(figure, xml) {
  const canvas = document.createElement("div");
  canvas.className = "diagram-canvas";
  // On the page before it is drawn: what is not there has no size.
  figure.append(canvas);
  // Wheel: scrolls the page unless Ctrl is held, as people expect of a picture inside of a text.
  const viewer = new NavigatedViewer({
    container: canvas,
    additionalModules: [translation],
    zoomScroll: { enabled: false },
    textRenderer: { defaultStyle: { fontFamily: FONT }, externalStyle: { fontFamily: FONT } },
  });
  try {
    await viewer.importXML(xml);
  } catch (error) {
    viewer.destroy();
    canvas.remove();
    throw error;
  }
  return [viewer, canvas];
}

/** Shows the diagram of a figure in place of its picture; the picture stays for paper. */
export async function mount(figure) {
  const state = stateOf(figure);
  const [viewer, canvas] = await open(figure, await content(figure.dataset.xml));
  figure.classList.add("is-live");
  const tokens = [...Object.keys(state.tokens ?? {}), ...(state.pointed ?? [])];
  layOut(viewer, canvas, tokens);
  const drawn = drawMarks(viewer, state);
  if (state.times) drawn.times = drawHeat(viewer, state.times);
  figure.prepend(tools(figure, viewer, state, drawn));
  bindKeys(viewer, figure);
  const svg = canvas.querySelector(".djs-container > svg");
  svg.setAttribute("role", "application");
  svg.setAttribute("aria-label", text("{name}（流程图：方向键移动，加减键缩放，0 看全图）", { name: figure.dataset.label ?? "" }));
  fit(viewer, tokens);
  figure.dataset.ready = "";
  return viewer;
}
