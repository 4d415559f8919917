/** Files on their way to the server, one after the other. No DOM here. */

import { ApiError, fault } from "../ground/api.js";
import { size } from "../ground/format.js";
import { isUnderWay } from "./status.js";

const PATH = "api/datasets/";
const CUT_OFF = "The upload was cut off: the connection was lost, or the server would not take more.";

/**
 * Upload: `{file, wish, state, sent, total, startedAt, error, dataset}`, `state` one of `waiting`, `sending`, `reading`
 * (all is there, and the server makes a dataset of it), `done`, `failed`, `stopped`.
 *
 * Events: `change` with an upload as `detail`; `done` likewise.
 */
export class Uploads extends EventTarget {
  all = [];
  #session;
  #limit;
  #running = null;
  #request = null;

  /** `limit()` gives the most bytes of one upload, or null while it is not known. */
  constructor(session, limit) {
    super();
    this.#session = session;
    this.#limit = limit;
  }

  get busy() {
    return this.all.some(isUnderWay);
  }

  /** `wish`: the fields that go along, all of them texts. */
  add(file, wish) {
    const upload = { file, wish, state: "waiting", sent: 0, total: file.size, startedAt: null, error: null };
    this.all.unshift(upload);
    this.#tell(upload);
    this.#next();
  }

  again(upload) {
    Object.assign(upload, { state: "waiting", sent: 0, error: null });
    this.#tell(upload);
    this.#next();
  }

  stop(upload) {
    const runs = upload === this.#running;
    this.#enter(upload, "stopped");
    if (runs) this.#request?.abort();
  }

  dismiss(upload) {
    this.all = this.all.filter((other) => other !== upload);
    this.#tell(upload);
  }

  /** Stop and forget all of them. */
  clear() {
    const all = this.all;
    this.all = [];
    for (const upload of all) this.stop(upload);
  }

  async #next() {
    const upload = this.#running ? null : this.all.findLast((other) => other.state === "waiting");
    if (!upload) return;
    this.#running = upload;
    try {
      this.#check(upload.file);
      upload.dataset = await this.#send(upload);
      this.#enter(upload, "done");
      this.dispatchEvent(new CustomEvent("done", { detail: upload }));
    } catch (error) {
      upload.error = error;
      if (upload.state !== "stopped") this.#enter(upload, "failed");
    }
    this.#running = null;
    this.#next();
  }

  /** What is known to be refused is not sent: a server that will not take more cuts off, and cannot say why. */
  #check(file) {
    const most = this.#limit();
    if (file.size === 0) throw new ApiError(0, "VALIDATION_ERROR", "The file is empty.");
    if (most !== null && file.size > most)
      throw new ApiError(
        0,
        "PAYLOAD_TOO_LARGE",
        `The file has ${size(file.size)}; an upload may have at most ${size(most)}.`,
      );
  }

  async #send(upload) {
    try {
      return await this.#attempt(upload, await this.#session.fresh());
    } catch (error) {
      if (error.status !== 401 || upload.state === "stopped") throw error;
      this.#session.distrust();
      return await this.#attempt(upload, await this.#session.fresh());
    }
  }

  #attempt(upload, token) {
    const body = new FormData();
    for (const [name, value] of Object.entries(upload.wish)) if (value) body.append(name, value);
    body.append("file", upload.file);
    if (upload.state === "stopped") throw new ApiError(0, "CANCELLED", "Stopped.");
    upload.startedAt = performance.now();
    this.#enter(upload, "sending");
    // fetch() cannot tell how much has gone out.
    const request = new XMLHttpRequest();
    this.#request = request;
    return new Promise((resolve, reject) => {
      request.upload.addEventListener("progress", (event) => this.#progressed(upload, event));
      request.upload.addEventListener("load", () => this.#enter(upload, "reading"));
      request.addEventListener("load", () => {
        if (request.status === 201 && request.response) resolve(request.response);
        else reject(fault(request.status, request.response));
      });
      for (const name of ["error", "abort"])
        request.addEventListener(name, () => reject(new ApiError(0, "UNREACHABLE", CUT_OFF)));
      request.open("POST", new URL(PATH, document.baseURI));
      request.responseType = "json";
      request.setRequestHeader("Authorization", `Bearer ${token}`);
      request.setRequestHeader("Accept", "application/json");
      request.send(body);
    });
  }

  #progressed(upload, event) {
    upload.sent = event.loaded;
    upload.total = event.total;
    this.#tell(upload);
  }

  #enter(upload, state) {
    upload.state = state;
    this.#tell(upload);
  }

  #tell(upload) {
    this.dispatchEvent(new CustomEvent("change", { detail: upload }));
  }
}
