/** `streamer-client/session`: a page that is loaded again goes on where it was. */

import type { Client } from "./client.ts";
import type { Handle } from "./handle.ts";

const KEY = "streamer.cursors";

/**
 * Follow again what this tab followed before it was loaded anew, each request from the number it had come to, and keep
 * the numbers in `storage` from now on. What has ended meanwhile tells its end; what belongs to somebody else by now
 * fails with NotFound.
 */
export function resumeSession(client: Client, storage: Storage = sessionStorage): Handle[] {
  const handles = read(storage).map(([requestId, afterSeq]) => client.follow(requestId, { afterSeq }));
  addEventListener("pagehide", () => storage.setItem(KEY, JSON.stringify(client.cursors())));
  return handles;
}

function read(storage: Storage): [string, number][] {
  try {
    return JSON.parse(storage.getItem(KEY) ?? "[]");
  } catch {
    return [];
  }
}
