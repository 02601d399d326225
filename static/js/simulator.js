// A slider beside each figure that has a usual range. Without script the figures are typed.
for (const input of document.querySelectorAll("[data-simulator] input[data-slide-to]")) {
  const slider = document.createElement("input");
  slider.type = "range";
  slider.className = "form-range";
  slider.min = input.min;
  slider.max = input.dataset.slideTo;
  slider.step = input.dataset.slideStep;
  slider.value = input.value;
  slider.setAttribute("aria-label", input.labels[0].textContent);
  slider.addEventListener("input", (event) => {
    event.stopPropagation();
    input.value = slider.value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  input.addEventListener("input", () => {
    slider.value = input.value;
  });
  input.after(slider);
}
