// Menus (details.menu, details.app-menu) close by Escape and by a click elsewhere; arrows move inside.

const MENUS = "details.menu, details.app-menu";

function close(menu, focus) {
  menu.open = false;
  if (focus) menu.querySelector("summary").focus();
}

function move(menu, by) {
  const items = [...menu.querySelectorAll("a[href], button:not([disabled])")];
  const at = items.indexOf(document.activeElement);
  items[(at + by + items.length) % items.length]?.focus();
}

export function watchMenus() {
  document.addEventListener("click", (event) => {
    const inside = event.target.closest(MENUS);
    // What was chosen is on its way: the menu shall not stand behind its dialog.
    const chosen = event.target.closest(".menu-items a, .menu-items [data-print]");
    for (const menu of document.querySelectorAll(MENUS)) {
      if (menu.open && (chosen || menu !== inside)) close(menu, false);
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.(MENUS);
    if (!menu?.open) return;
    if (event.key === "Escape") close(menu, true);
    else if (event.key === "ArrowDown") move(menu, 1);
    else if (event.key === "ArrowUp") move(menu, -1);
    else return;
    event.preventDefault();
  });
}
