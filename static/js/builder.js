// The rule builder: fields found by typing, inputs that follow the choice, a count that follows the rule.
// Without script every button sends the form and the page comes back with all that was typed.
(() => {
  const WAIT = 600;
  let timer = 0;
  let wanted = ""; // where the focus goes once the page is back
  let opened = []; // what was unfolded stays so

  const count = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const panel = document.getElementById("count");
      if (panel) htmx.trigger(panel, "builder:count");
    }, WAIT);
  };

  const again = (form, from) => {
    wanted = from.id;
    const button = form.querySelector("button[value=again]");
    form.requestSubmit(button);
  };

  // The options that hold what is typed stay; groups without any go.
  const narrow = (select, groups, text) => {
    const wanted = text.normalize("NFKC").toLowerCase();
    const chosen = select.value;
    const kept = [];
    for (const [label, options] of groups) {
      const fitting = options.filter((one) => one.value === chosen || one.text.normalize("NFKC").toLowerCase().includes(wanted));
      if (!fitting.length) continue;
      if (label === null) { kept.push(...fitting); continue; }
      const group = document.createElement("optgroup");
      group.label = label;
      group.append(...fitting);
      kept.push(group);
    }
    select.replaceChildren(...kept);
    select.value = chosen;
  };

  const findable = (place) => {
    if (place.querySelector("input[type=search]")) return;
    const select = place.querySelector("select");
    const groups = [[null, [...select.children].filter((one) => one.tagName === "OPTION")]];
    for (const group of select.querySelectorAll("optgroup")) groups.push([group.label, [...group.children]]);
    const search = document.createElement("input");
    search.type = "search";
    search.className = "form-control rule-find";
    search.placeholder = place.dataset.words;
    search.setAttribute("aria-label", place.dataset.words);
    search.addEventListener("input", (event) => { event.stopPropagation(); narrow(select, groups, search.value); });
    search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "ArrowDown") return;
      event.preventDefault();
      const first = [...select.options].find((one) => one.value);
      if (event.key === "Enter" && first && search.value) {
        select.value = first.value;
        select.dispatchEvent(new Event("change", { bubbles: true }));
      } else select.focus();
    });
    place.prepend(search);
    if (document.activeElement === select && !select.value) search.focus();
  };

  const prepare = () => {
    const form = document.getElementById("builder");
    if (!form) return;
    form.classList.add("has-script");
    for (const place of form.querySelectorAll("[data-find-options]")) if (!place.querySelector("select").value) findable(place);
  };

  document.addEventListener("change", (event) => {
    const form = event.target.closest("#builder");
    if (!form) return;
    if (event.target.matches("[data-asks-again]")) again(form, event.target);
    else count();
  });
  document.addEventListener("input", (event) => { if (event.target.closest("#builder .card-body")) count(); });
  document.addEventListener("keydown", (event) => {
    // Enter in an input shows its page again with what was typed; it never saves by accident.
    const form = event.target.closest("#builder");
    if (!form || event.key !== "Enter" || !event.target.matches("input:not([type=search]):not([type=checkbox])")) return;
    event.preventDefault();
    again(form, event.target);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "builder") opened = [...event.detail.target.querySelectorAll("details[open][id]")].map((one) => one.id);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "builder" && event.detail.target?.id !== "builder") return;
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    opened = [];
    prepare();
    if (wanted && document.activeElement === document.body) document.getElementById(wanted)?.focus();
    wanted = "";
  });
  prepare();
})();
