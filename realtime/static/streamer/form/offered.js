/** Choose and describe what the list of a field offers. No DOM here. */

import { wordFor } from "../datasets/facts.js";
import { now, toMs } from "../ground/clock.js";
import { counted, duration } from "../ground/format.js";

/** The options that have a text in their value, label or description: first those that begin with it. */
export function offered(options, text) {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return options;
  const texts = ({ value, label, about }) => [label, value, about].filter(Boolean).map((one) => one.toLowerCase());
  const fitting = options.filter((option) => texts(option).some((one) => one.includes(wanted)));
  const begins = (option) => texts(option)[0].startsWith(wanted);
  return [...fitting.filter(begins), ...fitting.filter((option) => !begins(option))];
}

/** A dataset as an option: its rows, its columns and its age. */
export function datasetOption({ name, kind, label, rows, columns, created_at: createdAt }) {
  if (kind === "source") return { value: name, about: [label !== name && label, "source"].filter(Boolean).join(" · ") };
  const age = `${duration(Math.max(0, now() - toMs(createdAt)))
    .split(" ")
    .slice(0, 2)
    .join(" ")} old`;
  return { value: name, about: [counted(rows, "row"), counted(columns.length, "column"), age].join(" · ") };
}

/** A column as an option: its type in a word. */
export function columnOption({ name, type }) {
  return { value: name, about: wordFor(type) };
}
