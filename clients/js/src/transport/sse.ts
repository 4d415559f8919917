/** Server-sent events out of a body that is read as it comes. */

export interface ServerEvent {
  id: string | null;
  event: string;
  data: string;
}

/**
 * Call `emit` with each event until the body ends or `emit` returns false. `alive` is called with whatever comes,
 * comments too.
 */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  emit: (event: ServerEvent) => boolean,
  alive: () => void,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      alive();
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = blocks.pop() as string;
      for (const block of blocks) if (!tell(block, emit)) return;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function tell(block: string, emit: (event: ServerEvent) => boolean): boolean {
  const event: ServerEvent = { id: null, event: "message", data: "" };
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    // With `s`, because a text may have line ends of Unicode in it, which end no line of a stream.
    const [, name, value] = /^(\w+): ?(.*)$/s.exec(line) ?? [];
    if (name === "data") data.push(value as string);
    else if (name === "id" || name === "event") event[name] = value as string;
  }
  if (!data.length) return true;
  return emit({ ...event, data: data.join("\n") });
}
