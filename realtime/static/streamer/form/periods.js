/** Periods that people ask for by name. No DOM here. */

const YEARS_BACK = 3;

/** → `[{label, first, last}]`, both days as "2025-01-31"; `today` is a Date, taken by the clock of the place. */
export function presets(today = new Date()) {
  const year = today.getFullYear();
  const month = today.getMonth();
  const quarter = month - (month % 3);
  const years = Array.from({ length: YEARS_BACK }, (_, back) => year - 1 - back);
  return [
    period("This month", year, month, 1),
    period("Last month", year, month - 1, 1),
    period("Last quarter", year, quarter - 3, 3),
    period("This year", year, 0, 12),
    ...years.map((one) => period(String(one), one, 0, 12)),
  ];
}

function period(label, year, month, months) {
  return { label, first: day(new Date(year, month, 1)), last: day(new Date(year, month + months, 0)) };
}

function day(date) {
  const two = (number) => String(number).padStart(2, "0");
  return `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
