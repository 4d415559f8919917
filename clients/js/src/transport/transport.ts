/** What carries messages: a WebSocket, HTTP, or another page's socket. */

import type { Frame } from "../wire.ts";

/** `closed` is called once, for whatever reason it ended but `close()`. */
export interface Receiver {
  frame(frame: Frame): void;
  closed(code: number): void;
  /** Streams do not get through: it asks again and again. */
  polls(): void;
}

export interface Transport {
  send(frame: Frame): void;
  /** Let go: nothing is received any more. */
  close(): void;
}

/** Open one. `token` is null where a cookie says who it is. Throws when there is no way to try. */
export type Open = (token: string | null, receiver: Receiver) => Transport;

/** One whose code is loaded when it is opened. */
export function loaded(load: () => Promise<Open>): Open {
  return (token, receiver) => {
    let transport: Transport | null = null;
    let isClosed = false;
    load().then(
      (open) => {
        if (!isClosed) transport = open(token, receiver);
      },
      () => isClosed || receiver.closed(1006),
    );
    return {
      send: (frame) => transport?.send(frame),
      close() {
        isClosed = true;
        transport?.close();
      },
    };
  };
}
