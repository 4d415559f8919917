/** What each shortcut does. */

import { LIVE } from "../requests/record.js";
import { againLabel } from "../requests/status.js";

/**
 * → a function for each name in `SHORTCUTS`. `parts` are those of the page; `on` what it does with a request:
 * `onAgain(record)`, `onEdit(record)`, `onCancel(record)`, `onCopy(record)`.
 */
export function keyActions({ main, composer, detail, requestList, inspectorToggle, help, showPane, ...on }) {
  const subject = () => detail.record ?? requestList.focused;
  const withSubject = (work, fits) => () => {
    const record = subject();
    if (record && fits(record)) work(record);
  };

  function move(step, where) {
    if (where === "page") {
      if (main.dataset.pane === "datasets") showPane("requests");
      requestList.move(step);
      return;
    }
    const next = requestList.neighbour(detail.record, step);
    if (next) detail.open(next);
  }

  function showActions() {
    showPane("composer");
    main.dataset.step = "actions";
    composer.list.focusSearch();
  }

  return {
    actions: showActions,
    new: showActions,
    search() {
      showPane("requests");
      requestList.focusSearch();
    },
    next: (where) => move(1, where),
    previous: (where) => move(-1, where),
    open: withSubject(
      (record) => detail.open(record),
      () => true,
    ),
    again: withSubject(on.onAgain, (record) => againLabel(record) !== null),
    edit: withSubject(on.onEdit, () => true),
    cancel: withSubject(on.onCancel, (record) => LIVE.has(record.status) && record.requestId && !record.cancelling),
    copy: () => on.onCopy(),
    requests: () => showPane("requests"),
    datasets: () => showPane("datasets"),
    wire: () => inspectorToggle.click(),
    help: () => help.open(),
  };
}
