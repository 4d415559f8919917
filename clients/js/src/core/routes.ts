/** Which tab a message is for, when several share a socket. No I/O here. */

import type { Frame } from "../wire.ts";

type Log = { request_id: string } | { topic: string };

export class Routes {
  /** The tabs that follow each log, by its name on the wire. */
  readonly #followers = new Map<string, { log: Log; tabs: Set<string> }>();
  /** The tab that waits for the answer to an id. */
  readonly #asked = new Map<string, string>();

  /** Note what a tab sends; false when the server must not get it, because another tab still follows. */
  sent(tab: string, frame: Frame): boolean {
    for (const { id } of frame.type === "requests" ? frame.requests : [frame]) if (id) this.#asked.set(id, tab);
    if (frame.type === "subscribe") for (const log of logsOf(frame)) this.#follow(tab, log);
    return frame.type !== "unsubscribe" || logsOf(frame).every((log) => this.#leave(tab, log));
  }

  /** The tabs that a message is for; null: all of them. */
  received(frame: Frame): string[] | null {
    const asker = this.#asked.get(frame.id);
    if (frame.type === "acknowledgment" && asker) this.#follow(asker, { request_id: frame.request_id });
    if (isTold(frame)) {
      const tabs = [...(this.#followers.get(keyOf(frame as Log))?.tabs ?? [])];
      if (frame.final) this.#followers.delete(keyOf(frame as Log));
      return tabs;
    }
    if (!asker) return frame.id ? [] : null;
    this.#asked.delete(frame.id);
    return [asker];
  }

  /** A tab is gone: what the server need not send any more. */
  forget(tab: string): Frame[] {
    for (const [id, asker] of this.#asked) if (asker === tab) this.#asked.delete(id);
    const left = [...this.#followers.values()].filter(({ tabs, log }) => tabs.has(tab) && this.#leave(tab, log));
    return left.map(({ log }) => ({ type: "unsubscribe", ...log }));
  }

  #follow(tab: string, log: Log): void {
    const known = this.#followers.get(keyOf(log));
    if (known) known.tabs.add(tab);
    else this.#followers.set(keyOf(log), { log, tabs: new Set([tab]) });
  }

  /** True when it was the last that followed. */
  #leave(tab: string, log: Log): boolean {
    const known = this.#followers.get(keyOf(log));
    known?.tabs.delete(tab);
    if (known?.tabs.size) return false;
    this.#followers.delete(keyOf(log));
    return true;
  }
}

function logsOf({ topic, request_id, requests }: Frame): Log[] {
  if (topic !== undefined) return [{ topic }];
  return [...(requests ?? []), ...(request_id === undefined ? [] : [{ request_id }])].map((log) => ({
    request_id: log.request_id,
  }));
}

function keyOf(log: Log): string {
  return "topic" in log ? `topic ${log.topic}` : `request ${log.request_id}`;
}

/** Whether it goes to those who follow, and answers nobody. */
function isTold(frame: Frame): boolean {
  if (frame.topic !== undefined) return !["subscribed", "unsubscribed", "published", "error"].includes(frame.type);
  if (frame.type === "waiting") return true;
  if (frame.request_id === undefined || frame.seq === undefined) return false;
  return frame.type !== "snapshot" || frame.reason === "trimmed";
}
