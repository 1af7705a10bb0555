// The diagram island: its script and stylesheet load when a diagram comes into sight.
import { announce, fresh, make } from "./dom.js";
import { text } from "./text.js";

let stylesheet;

/** Resolves when the stylesheet is there: a diagram that is measured before would have the wrong size. */
function style(address) {
  stylesheet ??= new Promise((resolve, reject) => {
    const link = make("link", { rel: "stylesheet", href: address });
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => reject(new Error(address)));
    document.head.append(link);
  });
  return stylesheet;
}

async function load(figure) {
  try {
    const [island] = await Promise.all([import(figure.dataset.script), style(figure.dataset.style)]);
    await island.mount(figure);
  } catch {
    // The picture of the server is still there.
    announce(text("流程图未能加载，显示的是简图。"));
  }
}

export function startIslands() {
  const figures = fresh("[data-diagram]", startIslands);
  if (!figures.length || !("IntersectionObserver" in window)) return;
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        load(target);
      }
    },
    { rootMargin: "200px" },
  );
  figures.forEach((figure) => seen.observe(figure));
}
