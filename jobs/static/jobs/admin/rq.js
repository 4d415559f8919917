// On RQ's own pages: the box in the head of a list ticks all boxes below it.

const head = document.getElementById("action-toggle");

head?.addEventListener("change", () => {
  for (const box of document.querySelectorAll("tr input.action-select")) {
    box.checked = head.checked;
  }
});
