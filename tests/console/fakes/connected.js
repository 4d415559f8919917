/** The client on a fake WebSocket, and the parts of the page that stand on it. */

import { Client } from "../../../realtime/static/streamer/client/streamer-client.js";
import { RequestStore } from "../../../realtime/static/streamer/requests/store.js";
import "./browser.js";
import { FakeTime } from "./time.js";
import { FakeWebSocket } from "./web_socket.js";

const WELCOME = { type: "welcome", heartbeat_seconds: 20, limits: { frame_bytes: 100_000, batch_requests: 100 } };

/** The page's end as tests use it: `say` and `sent` are of the newest connection. */
export class Connected {
  constructor(test, options) {
    this.time = new FakeTime(test);
    FakeWebSocket.install(test);
    this.client = new Client("http://console.test/", { token: () => "t1", random: () => 1, ...options });
    this.store = new RequestStore();
  }

  /** Connect, and wait until the page has said all that it says at first. */
  async open(welcome = {}) {
    this.client.start();
    await this.time.pass(0);
    await this.welcome(welcome);
  }

  async welcome(more = {}) {
    await this.say({ ...WELCOME, ...more });
    // Subscriptions of a moment are gathered.
    await this.time.pass(60);
  }

  /** The server says something, and whoever waits for it has heard it. */
  async say(...messages) {
    for (const message of messages) {
      FakeWebSocket.last.say(message);
      await this.time.pass(0);
    }
  }

  /** The connection is lost, and the next one opened. */
  async reconnect(welcome) {
    FakeWebSocket.last.end(1006);
    await this.time.pass(this.client.retryAt - this.time.ms);
    await this.welcome(welcome);
  }

  /** What the page has sent on the newest connection. */
  get sent() {
    return FakeWebSocket.last.sent;
  }

  sentOf(type) {
    return this.sent.filter((message) => message.type === type);
  }
}
