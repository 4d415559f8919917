/** Choose how a result is shown. No DOM here. */

import { artifactsOf } from "../files/artifacts.js";
import { bulkView } from "./bulk.js";
import { isPdf } from "./figures.js";
import { healthView } from "./health.js";
import { predictedView } from "./predicted.js";
import { processedView } from "./processed.js";
import { reportView } from "./report.js";
import { unknownView } from "./unknown.js";

const KNOWN = [reportView, processedView, predictedView, bulkView, healthView];

/**
 * → `{tiles, charts, tables, notes, rest, known}` of a result: figures to see at a glance (`tile`), charts (`chartOf`),
 * tables `{title, rows, testid}`, sentences, and what is shown in parts below all that. Nothing in the lists is empty.
 * The shape tells the kind, so that a handler of somebody else with the same shape gets the same view; `known` is false
 * for a shape like no other.
 */
export function viewOf(result) {
  const known = KNOWN.reduce((found, make) => found ?? attempt(make, result), null);
  const view = known ?? unknownView(result);
  return {
    ...view,
    known: known !== null,
    tiles: view.tiles.filter(Boolean),
    charts: view.charts.filter(Boolean),
    tables: view.tables.filter(({ rows }) => rows?.length > 0),
  };
}

/** The PDF to show in place: the first of the request's files that is one. Undefined where there is none. */
export function pdfOf(record) {
  return artifactsOf(record).find(isPdf);
}

/** A result of another handler may look like one of these and yet lack something in it. */
function attempt(make, result) {
  try {
    return make(result);
  } catch {
    return null;
  }
}
