// htmx: sends the CSRF token, says aloud when something has loaded, keeps the focus where it was.
// What it may do at all stands in <meta name="htmx-config">.
(() => {
  const status = document.getElementById("status");
  const say = (what) => { if (status) status.textContent = status.dataset[what] || ""; };
  let running = 0;
  let focused = "";

  document.body.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
  });
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.closest("[data-quiet]")) return; // a poll of its own: the bar would never rest
    running += 1;
    document.documentElement.classList.add("is-loading");
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.closest("[data-quiet]")) return;
    running = Math.max(0, running - 1);
    if (!running) document.documentElement.classList.remove("is-loading");
    if (event.detail.successful) say("loaded");
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.body.addEventListener(name, () => say("failed"));
  }
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const active = document.activeElement;
    focused = event.detail.target.contains(active) ? active.id : "";
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
    focused = "";
  });
})();
