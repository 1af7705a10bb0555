// Fields that show when another field has a value. The server decides again: what is not shown is not kept there.

function values(form, name) {
  const found = [];
  for (const control of form.elements) {
    if (control.name !== name || control.closest("[data-visible-when][hidden]")) continue;
    if (control.type === "checkbox" || control.type === "radio") {
      if (control.checked) found.push(control.value);
    } else if (control.tagName === "SELECT") {
      found.push(...[...control.selectedOptions].map((option) => option.value));
    } else {
      found.push(control.value);
    }
  }
  return found;
}

function show(form) {
  const blocks = [...form.querySelectorAll("[data-visible-when]")];
  // What hangs on a field that is not shown is not shown: as many rounds as there are blocks settle any chain.
  for (let round = 0; round < blocks.length; round += 1) {
    let settled = true;
    for (const block of blocks) {
      const wanted = JSON.parse(block.dataset.visibleIn);
      const hidden = !values(form, block.dataset.visibleWhen).some((value) => wanted.includes(value));
      if (block.hidden !== hidden) {
        block.hidden = hidden;
        settled = false;
      }
    }
    if (settled) return;
  }
}

export function showFields() {
  const forms = new Set([...document.querySelectorAll("[data-visible-when]")].map((block) => block.closest("form")));
  forms.forEach((form) => form && show(form));
}

export function watchFields() {
  document.addEventListener("input", (event) => event.target.form && show(event.target.form));
  document.addEventListener("change", (event) => event.target.form && show(event.target.form));
}
