/** A global WebSocket that answers as a service does, for programs that run by themselves: `node --import` this file. */

const ID = "5f0c2b1e-7a52-4a53-9c8e-2f4b6f1f0a11";
const INLINE = new Set(["echo"]);

globalThis.WebSocket = class {
  constructor(url, protocols) {
    Object.assign(this, { url, protocols });
    setTimeout(() => this.#say({ type: "welcome", heartbeat_seconds: 20, limits: {} }), 5);
  }

  send(text) {
    const { type, id, action, payload, topic } = JSON.parse(text);
    if (topic === "requests") this.#tellNews(id);
    if (type !== "request") return;
    if (INLINE.has(action)) this.#say({ type: "response", id, success: true, data: payload, metadata: {} });
    else this.#runTo(action, id);
  }

  close() {
    this.onmessage = null;
  }

  #runTo(action, id) {
    this.#say({ type: "acknowledgment", id, request_id: ID, status: "queued", duplicate: false });
    this.#say({ type: "started", id, request_id: ID, seq: 1, attempt: 1 });
    this.#say({
      type: "progress",
      id,
      request_id: ID,
      seq: 2,
      percentage: 40,
      message: action,
      metadata: {},
      attempt: 1,
    });
    this.#say({ type: "complete", id, request_id: ID, seq: 3, success: true, result: { of: action }, final: true });
  }

  #tellNews(id) {
    this.#say({ type: "subscribed", id, topic: "requests", cursor: "c1", truncated: false });
    for (const status of ["processing", "completed"]) {
      this.#say({ type: "message", topic: "requests", cursor: status, request: { request_id: ID, status } });
    }
  }

  #say(message) {
    setTimeout(() => this.onmessage?.({ data: JSON.stringify({ timestamp: Date.now() / 1000, ...message }) }), 1);
  }
};
