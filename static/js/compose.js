// Merge fields at the cursor of the text written last. Without script they stand there to be copied.
(() => {
  const palette = document.querySelector("[data-merge-fields]");
  if (!palette) return;
  const targets = [...document.querySelectorAll("[data-takes-fields]")];
  let target = targets.at(-1);
  for (const field of targets) field.addEventListener("focus", () => { target = field; });

  for (const button of palette.querySelectorAll("[data-insert]")) {
    button.disabled = false;
    button.addEventListener("click", () => {
      target.setRangeText(button.dataset.insert, target.selectionStart, target.selectionEnd, "end");
      target.focus();
      target.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
})();
