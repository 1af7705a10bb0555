// Dialogs that the page carries. Without JavaScript a link to the id of a dialog shows it (:target).

function show(dialog) {
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

/** Opens dialogs that the server wants open: a form in it has come back with errors. */
export function openDialogs() {
  document.querySelectorAll("dialog[data-open]").forEach(show);
}

export function watchDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      event.preventDefault();
      opener.closest("details.menu")?.removeAttribute("open");
      show(document.getElementById(opener.dataset.dialog || opener.hash.slice(1)));
    }
    const closer = event.target.closest("dialog [data-close]");
    if (closer) {
      event.preventDefault();
      closer.closest("dialog").close();
    }
  });
}
