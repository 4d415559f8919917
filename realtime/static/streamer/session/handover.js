/**
 * Tabs of one browser share a session: a new tab asks the others for their tokens, and each tells the others when they
 * are renewed or ended. Tokens go through the memory of the browser alone, from page to page of this origin.
 */

const CHANNEL = "streamer.session";
const ANSWER_MS = 250;

/** Events: `renewed` and `late` with the tokens, and `ended` with the id of a session, from another tab. */
export class Handover extends EventTarget {
  /** Gives the tokens of this tab, `{id, access, refresh}`, or null. */
  tokens = () => null;
  #channel;
  #waiting = new Map();

  constructor(Channel = globalThis.BroadcastChannel) {
    super();
    this.#channel = Channel ? new Channel(CHANNEL) : null;
    if (this.#channel) this.#channel.onmessage = ({ data }) => this.#receive(data);
  }

  /**
   * The tokens of another tab, of one session where `id` is said; null when nobody gives any soon. A busy tab may give
   * them `late`.
   */
  ask(id = null) {
    if (!this.#channel) return Promise.resolve(null);
    const question = crypto.randomUUID();
    return new Promise((resolve) => {
      let isLate = false;
      const giveUp = () => {
        isLate = true;
        resolve(null);
      };
      const timer = setTimeout(giveUp, ANSWER_MS);
      this.#waiting.set(question, (tokens) => {
        this.#waiting.delete(question);
        clearTimeout(timer);
        if (isLate) this.dispatchEvent(new CustomEvent("late", { detail: tokens }));
        else resolve(tokens);
      });
      this.#channel.postMessage({ type: "wanted", question, id });
    });
  }

  /** Tell the others that the session has new tokens. */
  renewed(tokens) {
    this.#channel?.postMessage({ type: "renewed", tokens });
  }

  /** Tell the others that the person has signed out. */
  ended(id) {
    this.#channel?.postMessage({ type: "ended", id });
  }

  #receive({ type, question, id, tokens }) {
    if (type === "wanted") this.#give(question, id);
    else if (type === "given") this.#waiting.get(question)?.(tokens);
    else if (type === "renewed") this.dispatchEvent(new CustomEvent("renewed", { detail: tokens }));
    else if (type === "ended") this.dispatchEvent(new CustomEvent("ended", { detail: id }));
  }

  #give(question, id) {
    const tokens = this.tokens();
    if (tokens && (id === null || id === tokens.id)) this.#channel.postMessage({ type: "given", question, tokens });
  }
}
