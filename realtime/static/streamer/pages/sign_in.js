/** Who is signed in on this page, and the form to sign in. */

import { Handover } from "../session/handover.js";
import { Session } from "../session/session.js";
import { SignIn } from "../session/signin.js";

export const session = new Session(new Handover());
export const signIn = new SignIn(document.getElementById("signin"), session);
