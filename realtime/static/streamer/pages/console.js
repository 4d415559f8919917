/** The first script of the console's page: it signs a person in. The console itself is loaded by then, or while they type. */

import { takeCode } from "../session/link.js";
import { session, signIn } from "./sign_in.js";

const ANOTHER_LINK = "Sign in here, or have “manage.py streamer_sign_in_link” print another one.";
const load = () => import("../console.js");

// Who is signed in needs no link, and it stays unused.
const code = takeCode();
addEventListener("hashchange", () => {
  const later = takeCode();
  if (later && !session.active) signInByLink(later);
});
if (session.active) show();
else arrive();

async function arrive() {
  session.addEventListener("begin", show, { once: true });
  // What fails here is tried again when it is needed.
  document.getElementById("signin").addEventListener("input", () => load().catch(() => {}), { once: true });
  if (code) await signInByLink(code);
  else if (await session.join()) show();
  else ask();
}

async function signInByLink(link) {
  try {
    await session.signInByLink(link);
  } catch (error) {
    ask(`${error.message} ${error.status === 401 ? ANOTHER_LINK : "Open the link again."}`);
  }
}

async function show() {
  try {
    await load();
  } catch {
    ask("The console could not be loaded. Reload the page to try again.");
  }
}

function ask(reason = "") {
  document.body.dataset.screen = "signin";
  signIn.show(reason);
}
