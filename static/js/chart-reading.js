// Charts without eyes or mouse: arrow keys read a chart point by point from its table; the table is copied as
// a spreadsheet takes it; the picture is saved with its title.
(() => {
  const KEYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const places = new WeakMap();
  const tableOf = (id) => document.getElementById(`${id}-table`);
  const text = (cell) => cell.textContent.replace(/\s+/g, " ").trim();

  document.addEventListener("chart:drawn", ({ target: holder }) => {
    const table = tableOf(holder.dataset.chart);
    if (!table) return;
    holder.setAttribute("role", "application");
    holder.setAttribute("aria-roledescription", holder.dataset.chartWord);
    holder.tabIndex = 0;
    const acts = document.querySelector(`[data-chart-acts="${CSS.escape(holder.dataset.chart)}"]`);
    if (acts) acts.hidden = false;
  });

  // --- Reading ------------------------------------------------------------------------------
  function sentence(table, at) {
    const names = [...table.tHead.rows[0].cells].slice(1).map(text);
    const [name, ...cells] = [...table.tBodies[0].rows[at].cells].map(text);
    return [name, ...cells.flatMap((cell, index) => (cell ? [`${names[index]} ${cell}`] : []))].join(", ");
  }

  function go(holder, table, at) {
    const last = table.tBodies[0].rows.length - 1;
    const here = Math.max(0, Math.min(last, at));
    places.set(holder, here);
    const canvas = echarts.getInstanceByDom(holder);
    const drawn = canvas.getOption().series;
    const series = drawn.findIndex((one) => one.type !== "scatter" && (one.data[here]?.value ?? one.data[here] ?? null) !== null);
    canvas.dispatchAction(series < 0 ? { type: "hideTip" } : { type: "showTip", seriesIndex: series, dataIndex: here });
    document.getElementById(holder.dataset.said).textContent = sentence(table, here);
  }

  document.addEventListener("keydown", (event) => {
    const holder = event.target.closest?.("[data-chart][tabindex]");
    if (!holder || event.altKey || event.ctrlKey || event.metaKey) return;
    const table = tableOf(holder.dataset.chart);
    const here = places.get(holder) ?? -1;
    if (event.key === "Escape") echarts.getInstanceByDom(holder).dispatchAction({ type: "hideTip" });
    else if (event.key === "Home") go(holder, table, 0);
    else if (event.key === "End") go(holder, table, table.tBodies[0].rows.length - 1);
    else if (event.key in KEYS) go(holder, table, here + KEYS[event.key]);
    else return;
    event.preventDefault();
  });
  document.addEventListener("focusout", ({ target }) => {
    if (target.matches?.("[data-chart][tabindex]")) echarts.getInstanceByDom(target)?.dispatchAction({ type: "hideTip" });
  });

  // --- The table to the clipboard -----------------------------------------------------------
  // Figures without separators, so that a spreadsheet takes them as numbers; % as it is written, which it knows.
  // What begins like a formula is words here: an apostrophe keeps it so.
  function lines(table) {
    const unit = table.dataset.unit;
    const isPercent = unit === "%";
    const words = (cell) => text(cell).replace(/^[=+\-@]/, "'$&");
    const figure = (cell) => (cell.dataset.value === "" ? "" : `${cell.dataset.value}${isPercent ? "%" : ""}`);
    const head = [...table.tHead.rows[0].cells].map((cell) => words(cell) + (unit && !isPercent && cell.matches(".num") ? ` (${unit})` : ""));
    const body = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => ("value" in cell.dataset ? figure(cell) : words(cell))));
    return [head, ...body].map((row) => row.join("\t")).join("\r\n");
  }

  // Without https there is no navigator.clipboard; the old way works everywhere.
  async function copy(written) {
    if (navigator.clipboard && globalThis.isSecureContext) {
      try { return await navigator.clipboard.writeText(written).then(() => true); } catch { /* refused: the old way */ }
    }
    let isTaken = false;
    const take = (event) => { event.clipboardData.setData("text/plain", written); event.preventDefault(); isTaken = true; };
    document.addEventListener("copy", take, { once: true });
    document.execCommand("copy");
    document.removeEventListener("copy", take);
    return isTaken;
  }

  async function copyTable(button, id) {
    const isDone = await copy(lines(tableOf(id)));
    const holder = document.querySelector(`[data-chart="${CSS.escape(id)}"]`);
    const said = isDone ? button.dataset.done : button.dataset.failed;
    document.getElementById(holder.dataset.said).textContent = said;
    const words = button.querySelector("span");
    words.dataset.usual ??= words.textContent;
    words.textContent = said;
    setTimeout(() => { words.textContent = words.dataset.usual; }, 3000);
  }

  // --- The picture ----------------------------------------------------------------------------
  function savePicture(id) {
    const holder = document.querySelector(`[data-chart="${CSS.escape(id)}"]`);
    const look = getComputedStyle(document.body);
    const chart = echarts.getInstanceByDom(holder).renderToCanvas({ pixelRatio: 2 });
    const picture = document.createElement("canvas");
    const [edge, top] = [32, 88];
    picture.width = chart.width + 2 * edge;
    picture.height = chart.height + top + edge;
    const pen = picture.getContext("2d");
    const card = holder.closest(".card") || document.body;
    pen.fillStyle = getComputedStyle(card).backgroundColor;
    pen.fillRect(0, 0, picture.width, picture.height);
    pen.fillStyle = look.color;
    pen.font = `700 30px ${look.fontFamily}`;
    pen.fillText(holder.getAttribute("aria-label"), edge, 52, picture.width - 2 * edge);
    pen.drawImage(chart, edge, top);
    picture.toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `${holder.getAttribute("aria-label").replace(/[\\/:*?"<>|]/g, " ")}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-chart-copy], [data-chart-picture]");
    const id = button?.closest("[data-chart-acts]")?.dataset.chartActs;
    if (!id) return;
    if ("chartCopy" in button.dataset) copyTable(button, id);
    else savePicture(id);
  });
})();
