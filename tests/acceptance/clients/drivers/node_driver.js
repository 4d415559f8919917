/** The driver of the JavaScript client: `node node_driver.js <path of the client>`. */

import { createInterface } from "node:readline";

const { Client } = await import(process.argv[2]);
// The whole tests may take seconds, and each of hundreds of cuts is followed by a pause of up to half a second.
Math.random = () => 0.04;

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** One client, and the calls on it. */
class Driven {
  #name;
  #client;
  #numbers = 0;
  #tokens = new Map();
  #handles = new Map();

  constructor({ client, url }) {
    this.#name = client;
    this.#client = new Client(url, { tokenProvider: (wish) => this.#askForToken(wish) });
  }

  giveToken({ number, token }) {
    this.#tokens.get(number)(token);
    this.#tokens.delete(number);
  }

  /** Do what the command says, and say how it ended. */
  async call(command) {
    say({ client: this.#name, of: command.as, ...(await this.#ending(command)) });
  }

  async #ending(command) {
    try {
      return await this.#do(command);
    } catch (error) {
      const { code, message, details, retryable, retryAfter } = error;
      if (code === undefined) throw error;
      return { error: { kind: error.name, code, message, details, retryable, retry_after: retryAfter } };
    }
  }

  async #do(command) {
    switch (command.do) {
      case "submit":
        return await this.#take(this.#client.submit(command.action, command.payload, optionsOf(command)), command);
      case "follow":
        return await this.#take(this.#client.follow(command.request_id, { afterSeq: command.after_seq }), command);
      case "run":
        return { result: await this.#client.run(command.action, command.payload) };
      case "cancel":
        await this.#handles.get(command.of).cancel();
        return { end: true };
      case "close":
        this.#client.close();
        return { end: true };
      default:
        throw new Error(`There is no command ${command.do}`);
    }
  }

  async #take(handle, command) {
    this.#handles.set(command.as, handle);
    for await (const event of handle) {
      say({ client: this.#name, of: command.as, event });
      if (command.pause_seconds) await new Promise((resolve) => setTimeout(resolve, 1000 * command.pause_seconds));
    }
    return { result: await handle.result() };
  }

  #askForToken({ force }) {
    const number = this.#numbers++;
    say({ client: this.#name, wants: number, force });
    return new Promise((resolve) => this.#tokens.set(number, resolve));
  }
}

function optionsOf({ id, metadata, on_disconnect: onDisconnect }) {
  return { id, metadata, onDisconnect };
}

const driven = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.do === "open") driven.set(command.client, new Driven(command));
  else if (command.do === "token") driven.get(command.client).giveToken(command);
  else driven.get(command.client).call(command);
}
process.exit(0);
