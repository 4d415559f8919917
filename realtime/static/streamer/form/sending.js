/** Keep forms from sending the same request twice. No DOM here. */

/**
 * What has been sent and the server has not taken yet. The ids stay with the content until then, so that pressing Send
 * once more sends nothing, whatever was sent, opened or loaded anew in between.
 */
export class Sending {
  #underWay = new Set();

  /** Whether anything is on its way. */
  get isBusy() {
    return this.#underWay.size > 0;
  }

  /** Whether `content` is on its way, as so many requests. */
  has(content, times = 1) {
    return this.#underWay.has(keyOf(content, times));
  }

  /**
   * Begin to send `content`, as so many requests → their ids; null when it is on its way already. What was changed
   * meanwhile is another request.
   */
  begin(content, times = 1) {
    if (this.has(content, times)) return null;
    this.#underWay.add(keyOf(content, times));
    return Array.from({ length: times }, () => crypto.randomUUID());
  }

  /** The server has taken it, or refused it; the same again is a new request. */
  end(content, times = 1) {
    this.#underWay.delete(keyOf(content, times));
  }

  /** `content` was sent before the page was loaded anew; `taken` resolves once the server has taken it. */
  async resume(content, times, taken) {
    this.#underWay.add(keyOf(content, times));
    await taken;
    this.end(content, times);
  }

  clear() {
    this.#underWay.clear();
  }
}

function keyOf(content, times) {
  return JSON.stringify([content, times]);
}
