/** How the parts of the service are, at a glance. No DOM here. */

import { count, duration, sentence, words } from "../ground/format.js";
import { tile } from "./figures.js";

const STATUSES = { ok: "All parts answer", degraded: "Requests wait", down: "Nothing is accepted" };

/** → a view, or null for what is no answer about health; see `views.js`. */
export function healthView(result) {
  if (!(result?.status in STATUSES) || typeof result.parts !== "object") return null;
  const parts = Object.entries(result.parts);
  const queues = result.parts.workers?.queues_without_worker ?? [];
  return {
    tiles: [
      tile("Service", STATUSES[result.status], { tone: result.status === "ok" ? "good" : "bad" }),
      ...parts.map(([name, part]) => partTile(name, part)),
    ],
    charts: [],
    tables: [
      {
        title: "Circuit breakers",
        rows: Object.entries(result.circuits ?? {}).map(([name, state]) => ({
          name: words(name),
          state: words(state),
        })),
      },
    ],
    notes: queues.length ? [`No worker serves ${queues.join(", ")}.`] : [],
    rest: {},
  };
}

function partTile(name, { ok, milliseconds, fault, alive, vendor }) {
  const facts = [
    fault,
    typeof alive === "number" ? `${count(alive)} alive` : "",
    vendor,
    typeof milliseconds === "number" ? duration(milliseconds) : "",
  ];
  const note = facts.filter(Boolean).join(" · ");
  return tile(sentence(name), ok ? "Answers" : "Does not answer", { note, tone: ok ? "good" : "bad" });
}
