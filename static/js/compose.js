// The composer: merge fields at the cursor, saving while one types, the preview beside it.
// Without script every button sends the form, and the fields stand there to be copied.
(() => {
  const WAIT = 1200;
  let timer = 0;
  let target = null;
  let opened = [];

  const composer = () => document.getElementById("composer");

  const save = () => {
    const form = composer();
    if (!form || form.classList.contains("htmx-request")) return;
    htmx.ajax("POST", form.dataset.autosave, { source: form, values: { do: "auto" }, target: "#preview", swap: "outerHTML" });
  };

  const count = (field) => {
    const output = document.getElementById(field.dataset.counts);
    output.value = field.value.length;
    output.classList.toggle("text-danger", field.value.length > Number(field.dataset.long));
  };

  const prepare = () => {
    for (const button of document.querySelectorAll("[data-insert]")) button.disabled = false;
    target = document.querySelector("#composer [data-takes-fields]");
  };

  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-takes-fields]")) target = event.target;
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button || !target) return;
    target.setRangeText(button.dataset.insert, target.selectionStart, target.selectionEnd, "end");
    target.focus();
    target.dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.addEventListener("input", (event) => {
    if (!event.target.closest("#composer") || event.target.name === "add_kind") return;
    if (event.target.dataset.counts) count(event.target);
    clearTimeout(timer);
    timer = setTimeout(save, WAIT);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id === "composer") clearTimeout(timer);
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("#composer input")) return;
    event.preventDefault(); // the first button would move a block
    clearTimeout(timer);
    save();
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    // These lead to another page: the browser sends the form by itself.
    const pressed = event.detail.requestConfig.triggeringEvent?.submitter;
    if (pressed?.hasAttribute("data-plain")) {
      event.preventDefault();
      const form = composer();
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = pressed.name;
      field.value = pressed.value;
      form.append(field);
      form.submit();
    }
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "composer") opened = [...document.querySelectorAll(".block[open]")].map((one) => one.id);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "composer") return;
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    opened = [];
    prepare();
    clearTimeout(timer);
    timer = setTimeout(save, 50); // shows the mail as it is now
  });
  prepare();
})();
