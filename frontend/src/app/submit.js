// One click is one submission: a form that has been sent rests until the answer comes.

const PATIENCE = 10000;
const sent = new WeakSet();

function release(form) {
  sent.delete(form);
  for (const button of form.querySelectorAll('[aria-busy="true"]')) button.removeAttribute("aria-busy");
}

export function watchSubmit() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // What opens beside the page (a preview) leaves the form free.
    if (event.defaultPrevented || form.method !== "post" || event.submitter?.formTarget === "_blank") return;
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    sent.add(form);
    event.submitter?.setAttribute("aria-busy", "true");
    // An answer that is a download leaves the page where it is.
    setTimeout(release, PATIENCE, form);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form").forEach(release);
  });
}
