/** Signing in with username and password, or with a token made elsewhere. */

import { fill, h, icon } from "../ground/dom.js";

export class SignIn {
  #root;
  #session;
  #alert = h("p", { class: "alert", role: "alert", "data-testid": "signin-error", hidden: true });
  #password = { form: null, first: null };
  #token = { form: null, first: null };
  #tabs;

  constructor(root, session) {
    this.#root = root;
    this.#session = session;
    this.#password = this.#passwordForm();
    this.#token = this.#tokenForm();
    this.#tabs = [
      h(
        "button",
        {
          type: "button",
          class: "tab",
          "data-testid": "password-tab",
          on: { click: () => this.#choose(this.#password) },
        },
        "Password",
      ),
      h(
        "button",
        { type: "button", class: "tab", "data-testid": "token-tab", on: { click: () => this.#choose(this.#token) } },
        "Token",
      ),
    ];
    const brand = h("div", { class: "brand" }, icon("mark"), h("h1", { id: "signin-title" }, "Streamer"));
    const box = h(
      "div",
      { class: "signin-box" },
      brand,
      h("p", { class: "lead" }, "Start long-running work, and watch it happen."),
      h("div", { class: "tabs inline", role: "group", "aria-label": "How to sign in" }, this.#tabs),
      this.#password.form,
      this.#token.form,
      this.#alert,
    );
    fill(root, box);
    this.#choose(this.#password, { focus: false });
  }

  /** `reason`: why the person has to sign in, when it was not their wish. */
  show(reason = "") {
    this.#root.hidden = false;
    this.#fail(reason);
    this.#password.form.reset();
    this.#token.form.reset();
    (this.#token.form.hidden ? this.#password : this.#token).first.focus();
  }

  hide() {
    this.#root.hidden = true;
  }

  #passwordForm() {
    const username = h("input", {
      class: "input",
      id: "username",
      name: "username",
      autocomplete: "username",
      autocapitalize: "none",
      spellcheck: "false",
      "data-testid": "signin-username",
    });
    const password = h("input", {
      class: "input",
      id: "password",
      name: "password",
      type: "password",
      autocomplete: "current-password",
      "data-testid": "signin-password",
    });
    const attempt = () => {
      if (!username.value || !password.value) throw new Error("Enter your username and your password.");
      return this.#session.signIn(username.value, password.value);
    };
    return this.#form(
      username,
      attempt,
      "signin-submit",
      "Sign in",
      labelled("Username", username),
      labelled("Password", password),
    );
  }

  #tokenForm() {
    const token = h("textarea", {
      class: "input code",
      id: "token",
      rows: "5",
      spellcheck: "false",
      autocomplete: "off",
      "data-testid": "token-input",
    });
    const hint = h(
      "p",
      { class: "hint" },
      "A JSON Web Token with sub, tenant_id and exp. It stays in the tabs of this browser and cannot be renewed here.",
    );
    return this.#form(
      token,
      () => this.#session.paste(token.value),
      "token-submit",
      "Use this token",
      labelled("Access token", token),
      hint,
    );
  }

  #form(first, attempt, testid, label, ...fields) {
    const button = h("button", { class: "button primary wide", type: "submit", "data-testid": testid }, label);
    const submit = async (event) => {
      event.preventDefault();
      this.#fail("");
      button.disabled = true;
      try {
        await attempt();
      } catch (error) {
        this.#fail(error.status === 401 ? "Username or password is wrong." : error.message);
        first.focus();
      }
      button.disabled = false;
    };
    return { form: h("form", { class: "signin-form", novalidate: true, on: { submit } }, fields, button), first };
  }

  #choose(chosen, { focus = true } = {}) {
    for (const [index, way] of [this.#password, this.#token].entries()) {
      way.form.hidden = way !== chosen;
      this.#tabs[index].setAttribute("aria-pressed", String(way === chosen));
    }
    this.#fail("");
    if (focus) chosen.first.focus();
  }

  #fail(text) {
    this.#alert.hidden = text === "";
    fill(this.#alert, icon("alert"), h("span", {}, text));
  }
}

function labelled(label, input) {
  return h("div", { class: "field" }, h("label", { class: "field-label", for: input.id }, label), input);
}
