// htmx: the CSRF token, what happens after a swap, and answers that are whole pages instead of parts.
import { csrf, toast } from "./dom.js";
import { text } from "./text.js";

function isPage(content) {
  return /^\s*(<!doctype|<html)/i.test(content);
}

function sentenceOf(content) {
  const page = new DOMParser().parseFromString(content, "text/html");
  const places = ["main .alert-danger", "main [role=alert]", "main h1 ~ p", "main h1"];
  return places.map((place) => page.querySelector(place)?.textContent.trim()).find(Boolean) ?? text("服务器未能处理该操作");
}

/** A whole page came where a part was wanted: the session has ended, or something went wrong. */
function refusePages(event) {
  const { ctx } = event.detail;
  if (!isPage(ctx.text ?? "")) return;
  const { raw, status } = ctx.response;
  // With hx-select a page is what is wanted, but not just any page.
  const wanted = ctx.request.headers["HX-Request-Type"] !== "partial";
  const door = raw.redirected && new URL(raw.url).pathname === "/login";
  if (door || (raw.redirected && !wanted)) {
    event.preventDefault();
    location.assign(raw.url);
  } else if (status >= 400 && (!wanted || !ctx.select || !ctx.text.includes(`id="${ctx.select.replace("#", "")}"`))) {
    event.preventDefault();
    toast(sentenceOf(ctx.text));
  }
}

/** @param start called after every swap, to bring new elements to life */
export function watchHtmx(start) {
  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.request.headers["X-CSRF-Token"] = csrf();
  });
  document.addEventListener("htmx:after:request", refusePages);
  document.addEventListener("htmx:error", () => toast(text("网络连接失败，操作可能未执行，请刷新页面后重试。")));
  document.addEventListener("htmx:after:swap", start);
}
