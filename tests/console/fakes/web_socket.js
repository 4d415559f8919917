/** A WebSocket whose other end is the test. */

export class FakeWebSocket {
  /** Every one that the page opened, oldest first. */
  static opened = [];

  static install(test) {
    const real = globalThis.WebSocket;
    FakeWebSocket.opened = [];
    globalThis.WebSocket = FakeWebSocket;
    test.after(() => {
      globalThis.WebSocket = real;
    });
  }

  static get last() {
    return FakeWebSocket.opened.at(-1);
  }

  /** What the page sent, parsed. */
  sent = [];
  isClosed = false;

  constructor(url, protocols) {
    Object.assign(this, { url, protocols });
    FakeWebSocket.opened.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.isClosed = true;
  }

  /** The server says something. */
  say(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** The server, or the network, ends it. */
  end(code) {
    this.onclose?.({ code });
  }
}
