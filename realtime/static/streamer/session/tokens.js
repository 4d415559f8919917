/** Read JSON Web Tokens, for display and for timing alone: only the server can verify them. No I/O here. */

const SPARE_SECONDS = 30;

/** The claims of a token; null for what is no token. */
export function claimsOf(token) {
  if (!/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) return null;
  try {
    const base64 = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

/** Whether the claims carry a permission of an action, as the server decides; one that needs none has null. */
export function permits(claims, permission) {
  const held = claims?.permissions ?? [];
  if (!permission || held.includes("*") || held.includes(permission)) return true;
  const parts = permission.split(".").slice(0, -1);
  return parts.some((_, depth) => held.includes(`${parts.slice(0, depth + 1).join(".")}.*`));
}

/** Whether a token has ended, or will within `spareSeconds`. One without `exp` never does. */
export function isAging(claims, spareSeconds = SPARE_SECONDS) {
  return (claims?.exp ?? Infinity) - spareSeconds < Date.now() / 1000;
}

/** The token in a text that somebody pasted. Throws an Error that says what is wrong with it. */
export function pastedToken(text) {
  const token = text.trim().replace(/^Bearer\s+/i, "");
  const claims = claimsOf(token);
  if (!claims) throw new Error("This is not a JSON Web Token: it must have three parts, joined by dots.");
  if (claims.exp && isAging(claims, 0)) throw new Error("This token has expired.");
  return token;
}
