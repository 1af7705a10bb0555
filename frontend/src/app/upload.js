// Files are stored as soon as they are chosen: the form then carries a token, and an error elsewhere loses nothing.
import { announce, csrf, fresh, make } from "./dom.js";
import { text } from "./text.js";

const pending = new Map();

function count(form, by) {
  pending.set(form, (pending.get(form) ?? 0) + by);
}

function reasonOf(request) {
  try {
    const problem = JSON.parse(request.responseText);
    return problem.detail || problem.title;
  } catch {
    return request.status ? text("服务器未能处理（{status}）", { status: request.status }) : text("网络中断");
  }
}

function refuse(row, file, reason) {
  const sentence = text("{name} 未能上传：{reason}", { name: file.name, reason });
  const button = make("button", { type: "button", class: "btn btn-sm btn-link", "data-remove": true }, text("移除"));
  row.replaceChildren(make("span", { class: "field-error m-0", role: "alert" }, sentence), button);
  row.dataset.item = file.name;
}

function accept(row, file, input, html) {
  const list = row.parentElement;
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  if (!input.multiple) for (const other of [...list.children]) if (other !== row) other.remove();
  row.replaceWith(parsed.content);
  announce(text("{name} 已上传", { name: file.name }));
  list.dispatchEvent(new Event("change", { bubbles: true }));
}

function send(input, list, file) {
  const form = input.form;
  const bar = make("progress", { max: 1, value: 0, "aria-label": text("正在上传 {name}", { name: file.name }) });
  const row = make("li", {}, make("span", {}, file.name), bar);
  list.append(row);
  const body = new FormData();
  for (const [name, value] of Object.entries(input.dataset)) {
    if (name.startsWith("field")) body.append(name.slice(5).replace(/[A-Z]/g, (c, at) => (at ? "_" : "") + c.toLowerCase()), value);
  }
  body.append("file", file);
  const request = new XMLHttpRequest();
  request.open("POST", input.dataset.upload);
  request.setRequestHeader("X-CSRF-Token", csrf());
  request.setRequestHeader("HX-Request", "true");
  request.setRequestHeader("Accept", "text/html, application/problem+json");
  request.upload.addEventListener("progress", (event) => event.lengthComputable && (bar.value = event.loaded / event.total));
  request.addEventListener("loadend", () => {
    count(form, -1);
    if (request.status >= 200 && request.status < 300) accept(row, file, input, request.responseText);
    else refuse(row, file, reasonOf(request));
  });
  count(form, 1);
  request.send(body);
}

function take(input, files) {
  const list = document.getElementById(input.dataset.uploadList);
  for (const file of input.multiple ? files : [...files].slice(0, 1)) send(input, list, file);
}

export function startUploads() {
  for (const input of fresh("input[type=file][data-upload]", startUploads)) {
    // What has been sent at once is not sent a second time with the form.
    input.removeAttribute("name");
    input.addEventListener("change", () => {
      take(input, input.files);
      input.value = "";
    });
    const zone = input.closest(".field") ?? input.parentElement;
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("dropping");
    });
    zone.addEventListener("dragleave", () => zone.classList.remove("dropping"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("dropping");
      take(input, event.dataTransfer.files);
    });
  }
}

export function watchUploads() {
  document.addEventListener(
    "submit",
    (event) => {
      if (!pending.get(event.target)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      announce(text("文件正在上传，请稍候再提交。"));
    },
    true,
  );
}
