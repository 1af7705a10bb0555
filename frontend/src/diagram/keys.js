// Moving by keys and wheel.
import { showAll, zoomBy } from "./view.js";

const STEP = 60;
const MOVES = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };

export function bindKeys(viewer, figure) {
  const canvas = viewer.get("canvas");
  viewer.get("keyboard").addListener(2000, ({ keyEvent: event }) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
    const move = MOVES[event.key];
    if (move) canvas.scroll({ dx: move[0], dy: move[1] });
    else if (event.key === "+" || event.key === "=") zoomBy(viewer, 1.2);
    else if (event.key === "-") zoomBy(viewer, 1 / 1.2);
    else if (event.key === "0") showAll(viewer);
    else return undefined;
    return true;
  });
  figure.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey && document.fullscreenElement !== figure) return;
      event.preventDefault();
      zoomBy(viewer, event.deltaY < 0 ? 1.1 : 1 / 1.1);
    },
    { passive: false },
  );
}
