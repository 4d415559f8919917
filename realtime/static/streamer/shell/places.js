/** What the page shows as a place with an address, and how a place is shown. */

import { withoutSecrets } from "../address/secrets.js";

const PANES = { new: "composer", requests: "requests", datasets: "datasets" };
const SECTIONS = { composer: "new", requests: "requests", datasets: "datasets" };

/**
 * → `{here(), show(place)}`; the parts are those of the page, `find(requestId)` opens a request. `isWide()`: the form and
 * the requests stand beside each other.
 */
export function placesOf({ main, catalog, composer, detail, requestList, datasetPane, showPane, find, isWide }) {
  const schemaOf = (action) => catalog.find(action)?.schema;

  function section(request) {
    if (request) return "requests";
    const isBeside = isWide() && composer.opened && main.dataset.pane !== "datasets";
    return isBeside ? "new" : SECTIONS[main.dataset.pane];
  }

  function here() {
    const { action = null, payload = null, tags = [] } = composer.opened ?? {};
    const request = detail.record?.requestId ?? null;
    return {
      section: section(request),
      action,
      payload: withoutSecrets(catalog.chosen(action, payload), schemaOf(action)),
      tags,
      request,
      dataset: datasetPane.opened,
      filter: requestList.filter,
    };
  }

  /** Resolves when a request that has to be fetched first is shown. */
  async function show(place) {
    showPane(PANES[place.section]);
    if (place.section !== "datasets") requestList.show(place.filter);
    if (place.section === "new") showForm(place);
    if (place.section === "requests" && !place.request && isWide() && composer.opened) composer.leave();
    if (place.section === "datasets") datasetPane.showId(place.dataset);
    if (place.request === null) detail.close();
    else if (detail.record?.requestId !== place.request) await find(place.request);
  }

  /** What stands in the form already is left alone: the focus and the way back would be lost. */
  function showForm({ action, payload, tags }) {
    const opened = composer.opened;
    if (action === null) {
      if (opened) composer.leave();
      return;
    }
    const said = JSON.stringify([payload ?? {}, tags]);
    const same = opened?.action === action && JSON.stringify([here().payload, opened.tags]) === said;
    if (same) return;
    if (payload) composer.pick(action, payload, tags);
    else if (opened?.action !== action) composer.pick(action);
  }

  return { here, show };
}
