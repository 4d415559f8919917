/** Take out of a message what would let somebody else in. No DOM here. */

const HIDDEN = "•••";
const SECRET_NAME = /^(token|access|refresh|authorization|password|secret|api_?key)$/i;
/** JSON Web Tokens, tokens of one request, and the parts of URLs that open what they name. */
const SECRET_TEXTS = [
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, HIDDEN],
  [/\brt_[\w.:-]{16,}/g, HIDDEN],
  [/([?&](?:token|signature|authorization)=)[^&#\s"]+/gi, `$1${HIDDEN}`],
];

/** The JSON text of a message, without its secrets. */
export function safeText(message) {
  return JSON.stringify(message, (name, value) => {
    if (typeof value !== "string") return value;
    return SECRET_NAME.test(name) ? HIDDEN : withoutSecrets(value);
  });
}

function withoutSecrets(text) {
  return SECRET_TEXTS.reduce((safe, [pattern, instead]) => safe.replace(pattern, instead), text);
}
