/** The WebSocket as a transport. */

import type { Open } from "./transport.ts";

/** As much of the class as is used here, so that the one of the package `ws` fits too. */
export type SocketClass = new (
  url: string,
  protocols: string[],
) => {
  onmessage: ((event: { data: string }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  onerror: (() => void) | null;
  readonly readyState: number;
  send(text: string): void;
  close(): void;
};

export function webSocket(url: string, Socket: SocketClass): Open {
  return (token, receiver) => {
    const socket = new Socket(url, token ? ["streamer.v1", `bearer.${token}`] : ["streamer.v1"]);
    const closed = ({ code }: { code: number }): void => {
      socket.onmessage = socket.onclose = socket.onerror = null;
      receiver.closed(code);
    };
    socket.onmessage = ({ data }) => receiver.frame(JSON.parse(data));
    socket.onclose = closed;
    // Its close follows, but not in Node when the server refuses the socket.
    socket.onerror = () => socket.readyState === 0 && closed({ code: 1006 });
    return {
      send: (frame) => socket.send(JSON.stringify(frame)),
      close() {
        socket.onmessage = socket.onclose = null;
        socket.close();
      },
    };
  };
}
