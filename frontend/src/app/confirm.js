// Asking first: a dialog instead of the browser's own, which some offices have switched off.
import { freshId, make } from "./dom.js";
import { text } from "./text.js";

const agreed = new WeakSet();

function ask(question, danger) {
  return new Promise((resolve) => {
    const id = freshId("confirm");
    const yes = make("button", { type: "button", class: `btn ${danger ? "btn-danger" : "btn-primary"}` }, text("确定"));
    const no = make("button", { type: "button", class: "btn btn-outline-secondary", autofocus: true }, text("取消"));
    const dialog = make(
      "dialog",
      { class: "dialog", "aria-labelledby": id },
      make("h2", { id }, text("请确认")),
      make("p", {}, question),
      make("div", { class: "dialog-actions" }, no, yes),
    );
    let answer = false;
    yes.addEventListener("click", () => {
      answer = true;
      dialog.close();
    });
    no.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export function watchConfirm() {
  // Before htmx and everything else that would send the form.
  document.addEventListener(
    "submit",
    async (event) => {
      const { target: form, submitter } = event;
      const question = submitter?.dataset.confirm ?? form.dataset.confirm;
      if (!question || agreed.delete(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (await ask(question, submitter?.matches(".btn-danger, .btn-outline-danger, .danger"))) {
        agreed.add(form);
        form.requestSubmit(submitter);
      }
    },
    true,
  );
}
