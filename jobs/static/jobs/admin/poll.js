// Fetches an address again and again, as long as the tab is seen and the server answers with what was asked for.

/**
 * `url()` gives the address, `apply(response)` uses an answer and gives true to go on, `everyMs()` gives the pause.
 * `fail(response)` is told of an answer of a server that cannot give the right one for now.
 * The note that nothing is fetched any more stands before the element `place`.
 */
export function poll({ url, apply, everyMs, place, fail = () => {} }) {
  function schedule() {
    setTimeout(document.hidden ? waitUntilSeen : refresh, everyMs());
  }

  function waitUntilSeen() {
    if (document.hidden) {
      document.addEventListener("visibilitychange", waitUntilSeen, { once: true });
    } else {
      refresh();
    }
  }

  async function refresh() {
    let response;
    try {
      response = await fetch(url(), { credentials: "same-origin", headers: { Accept: "*/*" } });
    } catch {
      schedule(); // the network or the server is away: it may come back
      return;
    }
    if (response.redirected || (response.status >= 400 && response.status < 500)) {
      place.before(note());
      return;
    }
    if (!response.ok) {
      await fail(response);
      schedule();
    } else if (await apply(response)) {
      schedule();
    }
  }

  schedule();
}

function note() {
  const text = document.createElement("p");
  text.className = "st-note";
  text.setAttribute("role", "status");
  text.textContent = "This page is not refreshed any more. Reload it, and sign in again if you are asked to.";
  return text;
}
