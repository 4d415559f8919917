/** Say the values of a result for people. No DOM here. */

import { count, duration, sentence, size } from "../ground/format.js";

const MINUS = "−";
const WITHOUT_DECIMALS = 100_000;
/** Measures of models whose names on the wire are not what people call them. */
const MEASURES = {
  r2: "R²",
  mae: "Mean absolute error",
  mse: "Mean squared error",
  rmse: "RMSE",
  f1: "F1",
  f1_macro: "F1 (mean of classes)",
  precision_macro: "Precision (mean of classes)",
  recall_macro: "Recall (mean of classes)",
  roc_auc: "ROC AUC",
  davies_bouldin: "Davies–Bouldin",
  calinski_harabasz: "Calinski–Harabasz",
};

/** As many digits as tell something: 1234567.891 → "1,234,568", 1234.567 → "1,234.57", 0.123456 → "0.1235". */
export function figure(value) {
  if (!Number.isFinite(value)) return "–";
  return count(rounded(value)).replace("-", MINUS);
}

/** A measure of a model by the name that people know: "r2" → "R²". `otherwise` words the name of any other. */
export function measure(name, otherwise = sentence) {
  return Object.hasOwn(MEASURES, name) ? MEASURES[name] : otherwise(name);
}

/** The value of a measure as a number: four decimals, and more only where it would be nothing with four. */
export function measured(value) {
  const amount = Math.abs(value);
  return amount < 1 && amount >= 0.0005 ? Math.round(value * 10_000) / 10_000 : rounded(value);
}

function rounded(value) {
  const amount = Math.abs(value);
  if (Number.isInteger(value) || amount < 100) return Number.isInteger(value) ? value : Number(value.toPrecision(4));
  return amount >= WITHOUT_DECIMALS ? Math.round(value) : Math.round(value * 100) / 100;
}

/** 0.8333 → "83.33 %". */
export function percent(share) {
  return `${figure(Math.round(share * 10_000) / 100)} %`;
}

/** 12.3 → "+12.3 %". */
export function change(percentage) {
  return `${percentage > 0 ? "+" : ""}${figure(percentage)} %`;
}

/** A plain value in the unit that its name tells. */
export function valueText(name, value) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return String(value);
  if (/(^|_)seconds$/.test(name)) return duration(value * 1000);
  if (/(^|_)milliseconds$/.test(name)) return duration(value);
  if (/(^|_)bytes$/.test(name)) return size(value);
  return figure(value);
}

/** A figure to see at a glance: `{label, value, note, tone}`. `tone`: `good`, `bad` or nothing. */
export function tile(label, value, { note = "", tone = "" } = {}) {
  return { label, value, note, tone };
}

/** Whether a file is a PDF, by its type or by its name where none is told. */
export function isPdf(file) {
  return file?.media_type === "application/pdf" || /\.pdf$/i.test(file?.filename ?? "");
}
