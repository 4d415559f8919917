/** The section of HTTP endpoints, grouped by resource. */

import { h } from "../ground/dom.js";
import { badge, block, entry, example } from "./entries.js";
import { paragraphs, prose } from "./prose.js";
import { schemaView, typeOf } from "./schema.js";

const METHODS = ["get", "post", "delete"];

/** A group for each tag of the document. */
export function endpointSections(http) {
  const all = Object.entries(http.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ path, method, item, operation: item[method] })),
  );
  return http.tags.map((tag) =>
    h(
      "div",
      { class: "group" },
      h("h3", {}, tag.name),
      h("p", { class: "quiet" }, prose(tag.description)),
      all
        .filter(({ operation }) => operation.tags[0] === tag.name)
        .map((one) => endpoint(one, http.components.schemas)),
    ),
  );
}

function endpoint({ path, method, item, operation }, components) {
  const head = [
    badge(method.toUpperCase(), method),
    h("code", { class: "path" }, path),
    h("span", { class: "summary" }, operation.summary),
  ];
  const words = `${method} ${path} ${operation.summary} ${operation.operationId}`;
  return entry(operation.operationId, head, words, () => [
    ...paragraphs(operation.description ?? ""),
    h("p", { class: "quiet" }, access(operation)),
    ...parameters([...(item.parameters ?? []), ...(operation.parameters ?? [])], components),
    ...body(operation.requestBody, components),
    block(
      "Answers",
      h(
        "ul",
        { class: "answers" },
        Object.entries(operation.responses).map((one) => answer(one, components)),
      ),
    ),
  ]);
}

function access(operation) {
  const permission = operation["x-permission"];
  if (permission) return ["Needs a token with the permission ", h("code", {}, permission), "."];
  const ways = operation.security.map((choice) => Object.keys(choice)[0] ?? "nothing");
  if (!ways.length) return "Needs no token.";
  const names = {
    bearer: "a token",
    signature: "a signed URL",
    request_token: "a token for the request",
    session: "a staff session",
  };
  return `Takes ${ways.map((way) => names[way] ?? way).join(", or ")}.`;
}

function parameters(all, components) {
  if (!all.length) return [];
  const properties = Object.fromEntries(
    all.map((one) => [one.name, { ...one.schema, description: `${one.description} (${one.in})` }]),
  );
  const required = all.filter((one) => one.required).map((one) => one.name);
  return [block("Parameters", schemaView({ type: "object", properties, required }, components))];
}

function body(requestBody, components) {
  if (!requestBody) return [];
  return Object.entries(requestBody.content).map(([mediaType, media]) =>
    block(`Body: ${mediaType}`, schemaView(media.schema, components), media.example ? example(media.example) : null),
  );
}

function answer([status, response], components) {
  const [mediaType, media] = Object.entries(response.content ?? {})[0] ?? [];
  const codes = response["x-error-codes"];
  const others = Object.entries(response.content ?? {}).slice(1);
  return h(
    "li",
    { class: "answer" },
    badge(status, Number(status) < 400 ? "good" : "bad"),
    h(
      "div",
      {},
      codes
        ? h(
            "p",
            {},
            codes.map((code, place) => [place ? ", " : "", h("a", { href: `#error-${code}` }, code)]),
          )
        : h("p", {}, prose(response.description)),
      media && !codes ? h("p", { class: "quiet" }, `${mediaType}: ${typeOf(media.schema, components)}`) : null,
      media && !codes && media.schema.type !== "string" ? schemaView(media.schema, components) : null,
      others.map(([other, { schema }]) =>
        h("p", { class: "quiet" }, `${other}: ${schema.description ?? typeOf(schema, components)}`),
      ),
    ),
  );
}
