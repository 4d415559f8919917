// Shows the stack of a running request's process on its page. Without this script the button leads to a page of its own.

const form = document.getElementById("process-form");
const place = document.getElementById("process");

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  show();
});

async function show() {
  if (place.getAttribute("aria-busy") === "true") return;
  place.setAttribute("aria-busy", "true");
  tell("Asking its process …");
  try {
    const body = new FormData(form);
    body.set("part", "1");
    const response = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
    if (response.ok && !response.redirected) {
      place.innerHTML = await response.text();
      place.scrollIntoView({ block: "start" });
    } else {
      tell("The stack cannot be shown. Reload the page, and sign in again if you are asked to.");
    }
  } catch {
    tell("The server does not answer. Try it again.");
  } finally {
    place.removeAttribute("aria-busy");
  }
}

function tell(text) {
  const note = document.createElement("p");
  note.className = "st-note";
  note.textContent = text;
  place.replaceChildren(note);
}
