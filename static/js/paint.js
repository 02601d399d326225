// A brush for the grid of segments: click or stroke paints a cell. Without script each cell is a list to choose from.
(() => {
  const grid = document.querySelector("[data-paint]");
  const brushes = document.querySelector("[data-brushes]");
  if (!grid || !brushes) return;
  brushes.hidden = false;
  const brush = () => brushes.querySelector("input:checked").value;
  const paint = (cell) => {
    const select = cell && cell.querySelector("select");
    if (select && select.value !== brush()) {
      select.value = brush();
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };
  const under = (event) => {
    const found = document.elementFromPoint(event.clientX, event.clientY);
    return found && grid.contains(found) ? found.closest("td") : null;
  };
  let isPainting = false;
  // Lists open on mousedown: with a brush in hand they stay shut.
  grid.addEventListener("mousedown", (event) => { if (brush() && event.target.closest("td")) event.preventDefault(); });
  grid.addEventListener("pointerdown", (event) => {
    if (!brush()) return;
    isPainting = true;
    paint(event.target.closest("td"));
  });
  grid.addEventListener("pointermove", (event) => { if (isPainting) paint(under(event)); });
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { isPainting = false; });
  brushes.addEventListener("change", () => grid.toggleAttribute("data-brush-in-hand", Boolean(brush())));
})();
