/** Show payloads in forms, read them back, and return those that came back otherwise. Run in a page of the console. */

async ({ actions, texts, rounds }) => {
  const { PayloadForm } = await import("/static/streamer/form/form.js");
  const { Sending } = await import("/static/streamer/form/sending.js");
  const SOURCES = ["shop", 'a, "b"'];
  let state = 7;
  const next = (most) => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
  const pick = (items) => items[next(items.length)];
  const text = () => pick(texts) + (next(3) ? "" : pick(texts));
  const scalar = () => pick([text, () => next(99) - 50, () => next(99) / 4, () => next(2) === 1])();
  const several = (make, least = 1) => Array.from({ length: least + next(3) }, make);
  const condition = (depth = 0) =>
    depth < 2 && next(3) === 0
      ? { [pick(["and", "or"])]: several(() => condition(depth + 1)) }
      : pick([
          { column: text(), operator: "eq", value: scalar() },
          { column: text(), operator: "in", value: several(scalar) },
          { column: text(), operator: "is_null" },
        ]);
  const operation = () =>
    pick([
      () => ({ type: "filter", ...condition() }),
      () => ({ type: "transform", function: "replace", column: text(), find: text(), replacement: text() }),
      () => ({ type: "transform", function: "add", column: text(), value: next(9) + 0.5 }),
      () => ({ type: "aggregate", group_by: several(text), aggregations: [{ function: "sum", column: text(), as: text() }] }),
      () => ({ type: "sort", by: several(() => ({ column: text(), descending: true })) }),
      () => ({ type: "rename", columns: { [text()]: text() } }),
      () => ({ type: "select", columns: several(text) }),
    ])();
  const payloads = {
    echo: () => ({ message: pick([scalar, () => null, () => [scalar()], () => ({ [text()]: scalar() })])() }),
    generate_report: () => ({
      start_date: "2025-01-01",
      end_date: "2025-12-31",
      filters: Object.fromEntries(several(() => [text(), pick([scalar, () => several(scalar)])()])),
      group_by: several(text).slice(0, 2),
      sources: several(() => pick([() => pick(SOURCES), () => ({ dataset_id: text(), date: text(), value: text(), category: text() })])(), 2),
    }),
    process_data: () => ({
      pipeline: "transformation",
      data_source: pick([
        { type: "dataset", dataset_id: text() },
        { type: "query", sql: text() },
        { type: "inline", rows: [{ [text()]: scalar() }] },
      ]),
      options: { operations: several(operation) },
    }),
    predict: () => ({ model: crypto.randomUUID(), data_source: { type: "file", path: text() }, output: { format: "json" } }),
  };
  const root = document.createElement("div");
  document.body.append(root);
  const nothing = () => [];
  const datasets = { names: async () => [], columns: async () => [] };
  const sources = SOURCES.map((name) => ({ name, label: name }));
  const known = { sources, datasets, tags: nothing, models: nothing, actions: nothing, run: async () => ({}) };
  const wrong = [];
  for (const [name, make] of Object.entries(payloads)) {
    const action = actions.find((one) => one.action === name);
    const told = { title: name, known, sending: new Sending(), permitted: true, onSend: nothing, onBack: nothing };
    const form = new PayloadForm(root, action, told);
    for (let round = 0; round < rounds; round += 1) {
      const payload = make();
      form.write(payload);
      const isForm = !root.querySelector("[data-testid=json-switch]").checked;
      const back = form.draft().payload;
      const same = Object.keys(payload).every((key) => JSON.stringify(back[key]) === JSON.stringify(payload[key]));
      if (!same || !isForm) wrong.push({ name, isForm, payload, back });
    }
  }
  root.remove();
  return wrong;
};
