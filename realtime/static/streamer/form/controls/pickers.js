/** Controls in which something is chosen of what the installation has: datasets, columns, models, sources, actions. */

import { columnOption, datasetOption } from "../offered.js";
import { select } from "./choice.js";
import { combobox } from "./combobox.js";
import { text } from "./text.js";

export function source(field, id, known) {
  const options = known.sources.map(({ name, label, description }) => ({
    value: name,
    label: label && label !== name ? `${label} (${name})` : name,
    title: description,
  }));
  const control = select(field, id, options);
  // For the columns that other fields suggest.
  control.node.dataset.names = JSON.stringify(options.map(({ value }) => value));
  return control;
}

export function action(field, id, known) {
  const load = async () => known.actions().map((one) => ({ value: one.action, label: one.title, about: one.action }));
  load.hasLabels = true;
  return combobox(text(field, id), id, load, "No actions are offered to you.");
}

export function dataset(field, id, known) {
  const load = async () => (await known.datasets.toChoose()).map(datasetOption);
  return combobox(text(field, id), id, load, "There are no datasets yet: upload one under Datasets.");
}

export function column(field, id, known) {
  return columns(text(field, id), id, known);
}

/** A text control that offers the columns of the dataset that the form names. */
export function columns(control, id, known) {
  const load = async (input) => (await known.datasets.columns(chosenDataset(input))).map(columnOption);
  return combobox(control, id, load, "No columns to choose from: the form names no dataset that has any.");
}

/** What stands in the fields of a form for a dataset, or else for a source. */
export function chosenDataset(input) {
  const named = [...(input.form?.querySelectorAll("[data-kind=dataset] input") ?? [])].find((one) => one.value !== "");
  if (named) return named.value;
  const sources = input.form?.querySelector("[data-kind=source] select");
  return sources?.value ? JSON.parse(sources.dataset.names)[Number(sources.value)] : "";
}

/** One of the models that the user's requests have made, or the id of another. */
export function model(field, id, known) {
  const load = async () => known.models();
  load.hasLabels = true;
  return combobox(text(field, id), id, load, "No models yet: learn one first with Process data.");
}
