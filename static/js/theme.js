// Light, dark, or as the system says. In <head> and not deferred, so that nothing flashes.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const remembered = () => {
    try { return localStorage.getItem("theme") || "auto"; } catch { return "auto"; }
  };
  const remember = (choice) => {
    try { localStorage.setItem("theme", choice); } catch { /* private windows may refuse */ }
  };

  function show(paper = false) {
    const choice = remembered();
    const theme = paper === true ? "light" : choice === "auto" ? (system.matches ? "dark" : "light") : choice;
    root.setAttribute("data-bs-theme", theme);
    for (const button of document.querySelectorAll("[data-theme-set]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeSet === choice));
    }
    document.dispatchEvent(new CustomEvent("theme:changed", { detail: theme }));
  }

  function choose(choice) {
    remember(choice);
    show();
  }

  show();
  system.addEventListener("change", show);
  addEventListener("storage", show);
  addEventListener("beforeprint", () => show(true));
  addEventListener("afterprint", () => show());
  document.addEventListener("DOMContentLoaded", () => {
    for (const hidden of document.querySelectorAll("[data-theme-choice], [data-theme-switch]")) hidden.hidden = false;
    show();
  });
  document.addEventListener("click", (event) => {
    const set = event.target.closest("[data-theme-set]");
    if (set) choose(set.dataset.themeSet);
    if (event.target.closest("[data-theme-switch]")) {
      choose(root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark");
    }
  });
})();
