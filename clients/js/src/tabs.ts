/**
 * `streamer-client/tabs`: one socket for all tabs of a browser that show the same user.
 *
 * The tabs choose a leader with a Web Lock. It has the socket; the others talk to it over a BroadcastChannel. When it
 * goes, all come back, and the first becomes the next leader. Where a browser lacks either, each tab has its socket.
 */

import { Routes } from "./core/routes.ts";
import { newId } from "./ids.ts";
import type { Open, Receiver, Transport } from "./transport/transport.ts";
import type { Frame } from "./wire.ts";

/** What tabs tell each other. A `to` of null means all but the leader. */
type Note =
  | { kind: "hello" | "bye"; from: string }
  | { kind: "send"; from: string; frame: Frame }
  | { kind: "frame"; to: string | null; frame: Frame }
  | { kind: "closed"; code: number };

/**
 * Pass the result as the option `share` of a Client. `name` must be another for another user: whoever shares it, shares
 * the identity of the leader.
 */
export function shareAmongTabs(name: string): (open: Open) => Open {
  const { locks } = globalThis.navigator ?? {};
  if (!locks || typeof BroadcastChannel === "undefined") return (open) => open;
  return (open) => (token, receiver) => new Tab(`streamer.${name}`, locks, () => open, token, receiver);
}

class Tab implements Transport {
  readonly #id = newId();
  readonly #name: string;
  readonly #locks: LockManager;
  readonly #receiver: Receiver;
  readonly #channel: BroadcastChannel;
  readonly #ended = new AbortController();
  #leader: Leader | null = null;

  constructor(name: string, locks: LockManager, open: () => Open, token: string | null, receiver: Receiver) {
    this.#name = name;
    this.#locks = locks;
    this.#receiver = receiver;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    // Held as long as this tab lives, so that the leader sees it go.
    this.#hold(`${name}.${this.#id}`, {}, () => {});
    this.#hold(name, { ifAvailable: true }, (isMine) => (isMine ? this.#lead(open(), token) : this.#follow()));
  }

  send(frame: Frame): void {
    if (this.#leader) this.#leader.send(this.#id, frame);
    else this.#tell({ kind: "send", from: this.#id, frame });
  }

  close(): void {
    if (this.#ended.signal.aborted) return;
    if (this.#leader) {
      this.#leader.close();
      this.#tell({ kind: "closed", code: 1006 });
    } else this.#tell({ kind: "bye", from: this.#id });
    this.#ended.abort();
    // What was just said has to get out first.
    setTimeout(() => this.#channel.close(), 0);
  }

  #lead(open: Open, token: string | null): void {
    const give = (to: string | null, frame: Frame): void => {
      if (to !== this.#id) this.#tell({ kind: "frame", to, frame });
      if (to === null || to === this.#id) this.#receiver.frame(frame);
    };
    const closed = (code: number): void => {
      this.#tell({ kind: "closed", code });
      this.#end(code);
    };
    this.#leader = new Leader(open, token, { give, closed, own: this.#id });
  }

  #follow(): void {
    this.#tell({ kind: "hello", from: this.#id });
    // Whoever gets it next sees that the leader has gone without a word.
    this.#hold(this.#name, {}, () => this.#end(1006));
  }

  #hear(note: Note): void {
    if (this.#ended.signal.aborted) return;
    if (this.#leader) this.#serve(this.#leader, note);
    else if (note.kind === "closed") this.#end(note.code);
    else if (note.kind === "frame" && (note.to === null || note.to === this.#id)) this.#receiver.frame(note.frame);
  }

  #serve(leader: Leader, note: Note): void {
    if (note.kind === "send") leader.send(note.from, note.frame);
    if (note.kind === "bye") leader.forget(note.from);
    if (note.kind !== "hello") return;
    leader.greet(note.from);
    this.#hold(`${this.#name}.${note.from}`, {}, () => leader.forget(note.from), true);
  }

  #end(code: number): void {
    if (this.#ended.signal.aborted) return;
    this.close();
    this.#receiver.closed(code);
  }

  /** Call `got` when the lock is had, and keep it until this tab ends, unless it is wanted `once`. */
  #hold(name: string, options: { ifAvailable?: boolean }, got: (isMine: boolean) => void, once = false): void {
    const { signal } = this.#ended;
    const wish = options.ifAvailable ? options : { signal };
    const held = this.#locks.request(name, wish, (lock) => {
      if (signal.aborted) return;
      got(lock !== null);
      if (lock && !once && !signal.aborted)
        return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    });
    held.catch(() => {});
  }

  #tell(note: Note): void {
    this.#channel.postMessage(note);
  }
}

interface Tabs {
  /** Give a message to a tab; null: to all. */
  give(to: string | null, frame: Frame): void;
  closed(code: number): void;
  own: string;
}

/** The tab with the socket. */
class Leader {
  readonly #transport: Transport;
  readonly #tabs: Tabs;
  readonly #routes = new Routes();
  #welcome: Frame | null = null;

  constructor(open: Open, token: string | null, tabs: Tabs) {
    this.#tabs = tabs;
    this.#transport = open(token, {
      frame: (frame) => this.#receive(frame),
      closed: (code) => tabs.closed(code),
      polls: () => {},
    });
  }

  greet(tab: string): void {
    if (this.#welcome) this.#tabs.give(tab, this.#welcome);
  }

  send(tab: string, frame: Frame): void {
    // The token of the socket is the leader's, and it renews that itself.
    if (frame.type === "authenticate" && tab !== this.#tabs.own) return;
    if (this.#routes.sent(tab, frame)) this.#transport.send(frame);
  }

  forget(tab: string): void {
    for (const frame of this.#routes.forget(tab)) this.#transport.send(frame);
  }

  close(): void {
    this.#transport.close();
  }

  #receive(frame: Frame): void {
    if (frame.type === "welcome") this.#welcome = frame;
    const tabs = frame.type === "token_expiring" ? [this.#tabs.own] : this.#routes.received(frame);
    for (const tab of tabs ?? [null]) this.#tabs.give(tab, frame);
    // What is for nobody any more must not fill up the window of the others.
    const { request_id, topic, seq } = frame;
    if (seq && tabs?.length === 0)
      this.#transport.send({ type: "received", ...(topic ? { topic } : { request_id }), seq });
  }
}
