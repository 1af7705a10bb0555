// What pages do beyond HTML. Everything here improves pages that work without it; frontend/README.md has the contract.
import { watchConfirm } from "./confirm.js";
import { startComboboxes } from "./combobox.js";
import { openDialogs, watchDialogs } from "./dialog.js";
import { startFilters } from "./filter.js";
import { startGuards, watchGuards } from "./guard.js";
import { watchHtmx } from "./htmx.js";
import { startIslands } from "./island.js";
import { watchKeys } from "./keys.js";
import { startMentions } from "./mention.js";
import { watchMenus } from "./menu.js";
import { watchPage } from "./page.js";
import { watchSubmit } from "./submit.js";
import { startUploads, watchUploads } from "./upload.js";
import { showFields, watchFields } from "./visible.js";

function start() {
  startComboboxes();
  startFilters();
  startMentions();
  startUploads();
  startIslands();
  startGuards();
  showFields();
  openDialogs();
  document.querySelector("[data-focus]")?.focus();
}

document.documentElement.classList.add("js");
watchUploads();
watchGuards();
watchConfirm();
watchSubmit();
watchDialogs();
watchMenus();
watchKeys();
watchFields();
watchPage();
watchHtmx(start);
start();
