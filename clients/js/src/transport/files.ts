/** Files to and from the service. */

import type { Artifact, Frame } from "../wire.ts";
import { credentialsFor, type Http, identity, refusal } from "./http.ts";

export interface UploadOptions {
  /** Of the dataset; by default that of the file. */
  name?: string;
  /** Of a workbook: the sheet to read. */
  sheet?: string;
  /** Whether the first row has the names of the columns. */
  header?: boolean;
  expiresInDays?: number;
  /** Called with the fraction that is sent, 0 to 1. Where there is no XMLHttpRequest, once at the end. */
  onProgress?: (fraction: number) => void;
  signal?: AbortSignal;
}

const PATH = "api/datasets/";

/** Throws Refused. */
export function upload(http: Http, token: string | null, file: Blob, options: UploadOptions): Promise<Frame> {
  const form = new FormData();
  const { name, sheet, header, expiresInDays } = options;
  for (const [field, value] of Object.entries({ name, sheet, header, expires_in_days: expiresInDays })) {
    if (value !== undefined) form.set(field, String(value));
  }
  form.set("file", file, (file as File).name ?? name ?? "upload");
  return typeof XMLHttpRequest === "undefined" ? sent(http, token, form, options) : watched(http, token, form, options);
}

async function sent(http: Http, token: string | null, form: FormData, options: UploadOptions): Promise<Frame> {
  const response = await http.send(PATH, { token, method: "POST", form, signal: options.signal });
  options.onProgress?.(1);
  return await response.json();
}

/** `fetch` does not tell how much was sent. */
function watched(http: Http, token: string | null, form: FormData, options: UploadOptions): Promise<Frame> {
  return new Promise((resolve, reject) => {
    options.signal?.throwIfAborted();
    const call = new XMLHttpRequest();
    call.open("POST", http.base + PATH);
    call.withCredentials = credentialsFor(token) !== "omit";
    for (const [name, value] of Object.entries(identity(token, "POST"))) call.setRequestHeader(name, value);
    call.responseType = "json";
    call.upload.onprogress = ({ loaded, total }) => options.onProgress?.(loaded / total);
    call.onload = () =>
      call.status < 400 && call.response ? resolve(call.response) : reject(refusal(call.status, call.response));
    call.onerror = () => reject(refusal(call.status, call.response));
    call.onabort = () => reject(options.signal?.reason);
    options.signal?.addEventListener("abort", () => call.abort());
    call.send(form);
  });
}

/** Throws Refused. */
export async function download(
  http: Http,
  token: string | null,
  artifact: Artifact | string,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const path = typeof artifact === "string" ? `api/artifacts/${artifact}/` : artifact.url;
  // A signed address of a storage elsewhere needs no token, and must not get one.
  const isOurs = new URL(path, http.base).origin === new URL(http.base).origin;
  return await http.send(path, { token: isOurs ? token : null, accept: "*/*", signal });
}
