// The bar above a diagram: zoom, full screen, layers, and what the colours mean.
import dash from "bootstrap-icons/icons/dash-lg.svg";
import fullscreen from "bootstrap-icons/icons/arrows-fullscreen.svg";
import all from "bootstrap-icons/icons/aspect-ratio.svg";
import plus from "bootstrap-icons/icons/plus-lg.svg";

import { text } from "./text.js";
import { showAll, zoomBy } from "./view.js";

function button(icon, label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.innerHTML = icon;
  made.firstElementChild.setAttribute("aria-hidden", "true");
  made.setAttribute("aria-label", label);
  made.title = label;
  made.addEventListener("click", act);
  return made;
}

function layer(figure, name, label, shown) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "layer-switch";
  made.textContent = label;
  const show = (on) => {
    figure.classList.toggle(`show-${name}`, on);
    made.setAttribute("aria-pressed", String(on));
  };
  made.addEventListener("click", () => show(made.getAttribute("aria-pressed") !== "true"));
  show(shown);
  return made;
}

function legend(state) {
  const made = document.createElement("ul");
  made.className = "legend";
  const has = (values) => values && Object.keys(values).length > 0;
  for (const [there, name, label] of [
    [has(state.tokens), "active", text("办理中")],
    [has(state.visited), "done", text("已走过")],
    [has(state.incidents), "incident", text("出现异常")],
  ]) {
    if (!there) continue;
    const item = document.createElement("li");
    item.className = name;
    item.append(document.createElement("i"), label);
    made.append(item);
  }
  return made;
}

function full(figure, viewer) {
  const made = button(fullscreen, text("全屏"), () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else figure.requestFullscreen();
  });
  figure.addEventListener("fullscreenchange", () => {
    const label = document.fullscreenElement ? text("退出全屏") : text("全屏");
    made.setAttribute("aria-label", label);
    made.title = label;
    // The canvas has its new size only after the browser has laid out the page.
    requestAnimationFrame(() => {
      viewer.get("canvas").resized();
      showAll(viewer);
    });
  });
  return made;
}

export function tools(figure, viewer, state, drawn) {
  const bar = document.createElement("div");
  bar.className = "diagram-tools";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", text("流程图工具"));
  bar.append(legend(state));
  const end = document.createElement("div");
  end.className = "diagram-buttons";
  if (drawn.times) end.append(layer(figure, "times", text("用时"), false));
  if (drawn.clauses) end.append(layer(figure, "clauses", text("依据"), true));
  end.append(
    button(dash, text("缩小"), () => zoomBy(viewer, 1 / 1.2)),
    button(plus, text("放大"), () => zoomBy(viewer, 1.2)),
    button(all, text("看全图"), () => showAll(viewer)),
  );
  if (figure.requestFullscreen) end.append(full(figure, viewer));
  bar.append(end);
  return bar;
}
