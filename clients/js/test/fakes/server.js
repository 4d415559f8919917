/** A scripted server: sockets whose other end is the test. */

/** Every socket that the client opened is in `opened`, oldest first. */
export class FakeServer {
  opened = [];

  /** The class that the client gets. */
  get WebSocket() {
    const { opened } = this;
    return class {
      /** What the client sent and no step took yet. */
      frames = [];
      isClosed = false;

      constructor(url, protocols) {
        Object.assign(this, { url, protocols });
        opened.push(this);
      }

      send(text) {
        this.frames.push(JSON.parse(text));
      }

      close() {
        this.isClosed = true;
      }

      say(frame) {
        this.onmessage?.({ data: JSON.stringify({ timestamp: Date.now() / 1000, ...frame }) });
      }

      end(code) {
        this.isClosed = true;
        this.frames = [];
        this.onclose?.({ code });
      }
    };
  }

  get last() {
    return this.opened.at(-1);
  }
}
