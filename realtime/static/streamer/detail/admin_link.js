/** The line that leads to the same request in the admin, for people who are signed in there too. */

import { h } from "../ground/dom.js";

const ANY_ID = "00000000-0000-0000-0000-000000000000";

/** A line of facts, or null for people who may not look there. The page names the address with the id of no request. */
export function adminFact(requestId) {
  const address = document.body.dataset.adminRequest;
  if (!address) return null;
  const link = h(
    "a",
    { href: address.replace(ANY_ID, requestId), "data-testid": "admin-link" },
    "Its page for operators",
  );
  return h("div", {}, h("dt", {}, "Admin"), h("dd", {}, link));
}
