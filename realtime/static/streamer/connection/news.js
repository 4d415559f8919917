/** Say in words what the service tells a person. No DOM here. */

import { duration } from "../ground/format.js";

/** The text of a message from the service: the message itself, or what an object says; of other data the JSON. */
export function newsOf(data) {
  if (typeof data === "string") return data;
  return typeof data?.message === "string" ? data.message : JSON.stringify(data);
}

/** For a token that nobody here can renew. */
export function expiryOf({ expires_in: seconds }) {
  return `Your token expires in ${duration(seconds * 1000)}. Sign in again to stay connected.`;
}
