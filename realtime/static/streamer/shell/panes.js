/** The sections of the page: the form, the requests, the datasets. Where the window is wide, the first two are one. */

const WIDE = "(min-width: 800px)";

/** → `{isWide(), show(pane)}`. `onPress(pane)` hears of a pressed tab, `onDatasets()` that the datasets are shown. */
export function panesOf({ main, onPress, onDatasets }) {
  const wide = matchMedia(WIDE);
  const tabs = document.querySelectorAll(".tab[data-pane]");

  function show(pane) {
    main.dataset.pane = pane;
    const pressed = wide.matches && pane === "composer" ? "requests" : pane;
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.pane === pressed));
    if (pane === "datasets") onDatasets();
  }

  for (const tab of tabs) tab.addEventListener("click", () => onPress(tab.dataset.pane));
  wide.addEventListener("change", () => show(main.dataset.pane));
  return { isWide: () => wide.matches, show };
}
