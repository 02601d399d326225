// The side menu of narrow screens, and menus made of <details>: Escape and a click elsewhere close them.
(() => {
  const opener = document.querySelector("[data-menu-open]");
  const menu = document.getElementById("menu");
  const isOpen = () => document.body.classList.contains("menu-is-open");

  function setMenu(open) {
    document.body.classList.toggle("menu-is-open", open);
    document.getElementById("content").inert = open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) menu.querySelector("[data-menu-close]").focus();
    else opener.focus();
  }

  if (opener && menu) {
    opener.setAttribute("role", "button");
    opener.setAttribute("aria-expanded", "false");
    opener.addEventListener("keydown", (event) => {
      if (event.key === " ") { event.preventDefault(); setMenu(!isOpen()); }
    });
    matchMedia("(min-width: 62rem)").addEventListener("change", () => { if (isOpen()) setMenu(false); });
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-menu-open]")) { event.preventDefault(); setMenu(!isOpen()); }
    else if (event.target.closest("[data-menu-close]")) { event.preventDefault(); setMenu(false); }
    for (const details of document.querySelectorAll("details[data-menu][open]")) {
      if (!details.contains(event.target)) details.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const details = document.querySelector("details[data-menu][open]");
    if (details) {
      details.open = false;
      details.querySelector("summary").focus();
    } else if (isOpen()) setMenu(false);
  });
})();
