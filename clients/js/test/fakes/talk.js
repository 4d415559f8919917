import { Conversation } from "../../dist/core/conversation.js";
import { acknowledgment } from "./service.js";

/** A conversation whose surroundings are the test. */
export class Talk {
  sent = [];
  taken = [];
  planned = [];
  soon = [];
  isOpen = false;
  #ids = 0;

  constructor(maxQueued = 1000) {
    this.conversation = new Conversation(
      {
        send: (frame) => this.isOpen && this.sent.push(structuredClone(frame)) > 0,
        took: (field, name, seq) => this.taken.push([field, name, seq]),
        later: (ms, work) => this.planned.push({ ms, work }),
        soon: (work) => this.soon.push(work),
        newId: (purpose) => {
          this.#ids += 1;
          return `${purpose}.${this.#ids}`;
        },
      },
      maxQueued,
    );
  }

  open(limits = {}) {
    this.isOpen = true;
    this.sent = [];
    this.conversation.opened({ limits });
    return this;
  }

  close() {
    this.isOpen = false;
    this.conversation.closed();
  }

  /** Let everything happen that waits for the end of the moment. */
  settle() {
    for (const work of this.soon.splice(0)) work();
  }

  say(...frames) {
    this.settle();
    for (const frame of frames) this.conversation.receive(frame);
  }

  sentOf(type) {
    this.settle();
    return this.sent.filter((frame) => frame.type === type);
  }

  submitted(id = "my-1") {
    const submission = this.conversation.submit({ type: "request", action: "delay", id });
    this.say(acknowledgment(id));
    return submission;
  }
}
