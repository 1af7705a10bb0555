// The icons of pages, by their names in bootstrap-icons (templates/components/ui.html draws them).
export const ICONS = [
  "activity", "alarm", "archive", "arrow-clockwise", "arrow-counterclockwise", "arrow-down", "arrow-left",
  "arrow-left-right", "arrow-repeat", "arrow-return-left", "arrow-right", "arrow-up", "at", "award", "bank", "bell",
  "book", "bookmark", "box-arrow-in-right", "box-arrow-right", "box-seam", "briefcase", "building", "calendar",
  "calendar-check", "calendar-event", "calendar-plus", "calendar3", "card-checklist", "chat-dots", "chat-left-text",
  "check", "check-all", "check-circle", "check-lg", "check2-circle", "check2-square", "chevron-down", "chevron-left",
  "chevron-right", "chevron-up", "clipboard-check", "clock", "clock-history", "collection", "cpu", "dash-circle",
  "database", "diagram-3", "download", "envelope", "exclamation-circle", "exclamation-triangle", "eye", "eye-slash",
  "file-earmark", "file-earmark-arrow-up", "file-earmark-pdf", "file-earmark-text", "files", "filter", "flag",
  "folder", "folder2-open", "funnel", "gear", "globe2", "hand-index", "hourglass-split", "house", "inbox", "inboxes",
  "info-circle", "journal-check", "journal-text", "key", "keyboard", "layers", "lightning", "link-45deg", "list",
  "list-check", "lock", "mailbox", "megaphone", "paperclip", "patch-check", "pause-circle", "pencil", "pencil-square",
  "people", "person", "person-badge", "person-check", "person-circle", "person-gear", "person-plus", "person-x",
  "play-circle", "plug", "plus-circle", "plus-lg", "plus-square", "printer", "question-circle", "reply", "save",
  "search", "send", "server", "share", "shield-check", "shield-lock", "signpost-split", "skip-forward", "sliders",
  "speedometer2", "stop-circle", "table", "tags", "telephone", "terminal", "textarea", "three-dots", "translate",
  "trash", "type", "ui-checks", "unlock", "upload", "x-circle", "x-lg", "zoom-in", "zoom-out",
];
