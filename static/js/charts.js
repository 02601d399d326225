// Draws every [data-chart="id of a json_script"] with ECharts on canvas. The server gives series and words
// (their keys: metrics/charts.py); this file gives the look, in both themes. Reading by keyboard, copying
// and pictures: chart-reading.js.
(() => {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let isPrinting = false;
  const drawn = new Map();
  const CLEAR = "rgba(0, 0, 0, 0)";
  const language = () => document.documentElement.lang || "ja";

  function paint() {
    const probe = document.createElement("i");
    probe.style.transition = "none";
    document.body.append(probe);
    const color = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const colors = Object.fromEntries(
      ["accent", "quiet", "text", "ink", "line", "surface", "warn", "info", "info-soft", "bad", "good"].map((name) => [name, color(name)]),
    );
    colors.font = getComputedStyle(document.body).fontFamily;
    probe.remove();
    return colors;
  }

  const faded = (color, alpha) => color.replace(/^rgb\(/, "rgba(").replace(/\)$/, `, ${alpha})`);
  const colorOf = (look, colors) =>
    ({ beside: colors.quiet, target: colors.warn, second: colors.info, third: colors.warn, good: colors.good, bad: colors.bad })[look] || colors.accent;

  function written(value, chart, isChange = false) {
    if (value === null || value === undefined || value === "") return "–";
    const digits = chart.digits ?? 0;
    const figure = Math.abs(Number(value)).toLocaleString(language(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
    const sign = !/[1-9]/.test(figure) ? "" : value < 0 ? "−" : isChange ? "+" : "";
    return chart.unit === "¥" ? `${sign}¥${figure}` : `${sign}${figure}${chart.unit || ""}`;
  }

  // On the axis large figures are said the short way: 120万, 1.2億 (1.2M).
  function onAxis(value, chart) {
    if (Math.abs(value) < 10000) return written(value, { ...chart, digits: Number.isInteger(value) ? 0 : 1 });
    const figure = new Intl.NumberFormat(language(), { notation: "compact", maximumFractionDigits: 1 }).format(Math.abs(value));
    return `${value < 0 ? "−" : ""}${chart.unit === "¥" ? "¥" : ""}${figure}${chart.unit === "¥" ? "" : chart.unit || ""}`;
  }

  const isOpen = (chart, at) => (chart.incomplete || []).includes(at);
  const only = (data, keep) => data.map((value, at) => (keep(at) ? value : null));

  function column(series, chart, colors) {
    const color = series.look === "beside" ? faded(colors.quiet, 0.5) : colorOf(series.look, colors);
    const round = chart.across ? [0, 4, 4, 0] : [4, 4, 0, 0];
    const data = series.data.map((value, at) =>
      isOpen(chart, at) && series.look !== "beside" ? { value, itemStyle: { color: faded(color, 0.12), borderColor: color, borderType: "dashed", borderWidth: 1.5 } } : value,
    );
    return {
      name: series.name, data, type: "bar", barMaxWidth: chart.dense ? undefined : 36, barCategoryGap: chart.dense ? "4%" : undefined,
      stack: chart.stacked ? "all" : undefined, itemStyle: chart.stacked ? { color, borderColor: colors.surface, borderWidth: 1 } : { color, borderRadius: round }, emphasis: { focus: "none" },
    };
  }

  // A line is whole up to the last period that is over; from there on it is dashed.
  function lines(series, chart, colors, isFilled) {
    const look = series.look || "main";
    const color = colorOf(look, colors);
    const dashes = { beside: "dashed", target: [2, 3] }[look] || "solid";
    const base = {
      name: series.name, type: "line", step: series.isGoal ? "middle" : false, symbolSize: 6, emphasis: { focus: "none" },
      itemStyle: { color }, lineStyle: { color, width: look === "main" ? 2.5 : 1.75, type: dashes },
      showSymbol: series.data.filter((value) => value !== null).length < 2,
    };
    const label = isFilled ? { show: true, color, fontWeight: 700, formatter: (point) => written(point.value, chart) } : undefined;
    const area = isFilled ? { color: { type: "linear", x: 0, y: 0, x2: 0, y2: 1, colorStops: [{ offset: 0, color: faded(color, 0.22) }, { offset: 1, color: faded(color, 0.01) }] } } : undefined;
    const open = series.data.findIndex((value, at) => isOpen(chart, at));
    if (open < 0 || ["target", "beside"].includes(look)) return [{ ...base, data: series.data, areaStyle: area, endLabel: label }];
    const over = only(series.data, (at) => at < open);
    const under = only(series.data, (at) => at >= open - 1);
    return [
      { ...base, data: over, areaStyle: area },
      { ...base, data: under, lineStyle: { ...base.lineStyle, type: [6, 4] }, showSymbol: true, symbol: "emptyCircle", endLabel: label },
    ];
  }

  // Steps stand on an invisible column as high as what was there before them.
  function waterfall(chart, colors) {
    const { name, data } = chart.series[0];
    const totals = new Set(chart.totals || []);
    let level = 0;
    const parts = { ground: [], total: [], up: [], down: [] };
    data.forEach((value, at) => {
      const change = Number(value ?? 0);
      const isTotal = totals.has(at);
      parts.ground.push(isTotal ? 0 : Math.min(level, level + change));
      parts.total.push(isTotal ? change : null);
      parts.up.push(!isTotal && change > 0 ? change : null);
      parts.down.push(!isTotal && change < 0 ? -change : null);
      level = isTotal ? change : level + change;
    });
    const step = (key, color) => ({
      name, type: "bar", stack: "all", barMaxWidth: 56, data: parts[key], itemStyle: { color, borderRadius: 3 }, emphasis: { focus: "none" },
      label: { show: true, position: "top", color: colors.text, fontSize: 11, formatter: ({ dataIndex: at }) => (totals.has(at) || data[at] <= 0 ? "" : "+") + onAxis(data[at], chart) },
    });
    const ground = { name, type: "bar", stack: "all", silent: true, data: parts.ground, itemStyle: { color: CLEAR }, tooltip: { show: false } };
    return [ground, step("total", colors.accent), step("up", colors.good), step("down", colors.bad)];
  }

  // Marks: small numbered flags below the axis, all of a period in one, and a thin line up.
  function flags(chart, colors) {
    const found = new Map();
    (chart.marks || []).forEach((mark, index) => found.set(mark.at, [...(found.get(mark.at) || []), { ...mark, number: index + 1 }]));
    const text = (marks) => (marks.length > 2 ? `${marks[0].number}–${marks.at(-1).number}` : marks.map((mark) => mark.number).join("·"));
    return {
      type: "scatter", yAxisIndex: 1, clip: false, z: 5, symbol: "roundRect", symbolOffset: [0, hasYears(chart) ? 50 : 36], itemStyle: { color: colors["info-soft"] },
      data: [...found].map(([at, marks]) => ({ value: [at, 0], marks, symbolSize: [10 + 7 * text(marks).length, 17] })),
      label: { show: true, color: colors.info, fontSize: 11, fontWeight: 700, formatter: ({ data }) => text(data.marks) },
      markLine: { silent: true, symbol: "none", animation: false, label: { show: false }, lineStyle: { color: colors.info, width: 1, type: [2, 3], opacity: 0.6 }, data: [...found.keys()].map((at) => [{ coord: [at, 0] }, { coord: [at, 1] }]) },
      tooltip: { trigger: "item", formatter: ({ data }) => data.marks.map((mark) => `${mark.number}  ${mark.text}`).join("\n") },
    };
  }
  const hasYears = (chart) => (chart.short || chart.x).some((name) => String(name).includes("\n"));

  function allSeries(chart, colors) {
    if (chart.kind === "waterfall") return waterfall(chart, colors);
    const isAlone = chart.series.filter((one) => (one.look || "main") === "main").length === 1;
    const draw = (one, kind) => (kind === "bar" ? [column(one, chart, colors)] : lines(one, chart, colors, kind === "line" && isAlone && (one.look || "main") === "main" && chart.kind === "line"));
    const found = chart.series.flatMap((one) => draw(one, chart.kind));
    if (chart.before) found.push(...draw({ ...chart.before, look: "beside" }, chart.stacked ? "line" : chart.kind));
    if (chart.goal) found.push(...lines({ ...chart.goal, look: "target", isGoal: true }, chart, colors, false));
    if (chart.marks?.length) found.push(flags(chart, colors));
    return found;
  }

  // What the pointer reads: the period, then each figure once, then what happened in it.
  function tip(chart, points) {
    const read = points.find((point) => point.seriesType !== "scatter");
    const at = read ? read.dataIndex : points[0].data.marks[0].at;
    const marker = (name) => points.find((point) => point.seriesName === name)?.marker || "";
    const isChange = chart.kind === "waterfall" && !(chart.totals || []).includes(at);
    const all = [...chart.series, ...[chart.before, chart.goal].filter(Boolean)];
    const rows = all.map((one) => `${chart.kind === "waterfall" ? "" : marker(one.name)}${one.name}  ${written(one.data[at], chart, isChange)}`);
    const open = isOpen(chart, at) ? ` (${chart.open_word})` : "";
    const marks = (chart.marks || []).flatMap((mark, index) => (mark.at === at ? [`${index + 1}  ${mark.text}`] : []));
    return [`${chart.x[at]}${open}`, ...rows, ...marks].join("\n");
  }

  function option(chart, colors, isNarrow) {
    if (chart.kind === "raw") return chart.option;
    if (chart.kind === "spark") return spark(chart, colors);
    const isColumn = chart.kind !== "line";
    const named = chart.across ? { width: isNarrow ? 96 : 180, overflow: "truncate" } : {};
    const names = { type: "category", data: chart.short || chart.x, boundaryGap: isColumn, axisTick: { show: false }, axisLine: { lineStyle: { color: colors.line } }, axisLabel: { color: colors.text, hideOverlap: true, margin: 10, fontSize: isNarrow ? 11 : 12, lineHeight: 14, ...named } };
    const values = { type: "value", scale: !isColumn && !chart.zero, min: chart.min, max: chart.max, splitNumber: 4, splitLine: { lineStyle: { color: colors.line } }, axisLabel: { color: colors.text, hideOverlap: true, fontSize: isNarrow ? 11 : 12, formatter: (value) => onAxis(value, chart) } };
    const hidden = { type: "value", show: false, min: 0, max: 1 };
    const many = chart.series.length + (chart.before ? 1 : 0) + (chart.goal ? 1 : 0) > 1;
    const right = chart.kind === "line" ? 64 : 16;
    return {
      grid: { left: 4, right, top: many ? 44 : 20, bottom: chart.marks?.length ? 26 : 4, containLabel: true },
      legend: many ? { type: "scroll", left: 0, top: 0, right: 0, itemWidth: 14, itemHeight: 4, icon: "roundRect", textStyle: { color: colors.text }, pageTextStyle: { color: colors.text }, pageIconColor: colors.text, pageIconInactiveColor: colors.line, data: legend(chart) } : undefined,
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, backgroundColor: colors.surface, borderColor: colors.line,
        textStyle: { color: colors.text, fontSize: 12 }, axisPointer: { type: isColumn ? "shadow" : "line", lineStyle: { color: colors.quiet } },
        formatter: (points) => tip(chart, [points].flat()),
      },
      xAxis: chart.across ? values : names,
      yAxis: [chart.across ? { ...names, inverse: true } : values, ...(chart.marks?.length ? [hidden] : [])],
      series: allSeries(chart, colors),
    };
  }
  const legend = (chart) => [...chart.series, ...[chart.before, chart.goal].filter(Boolean)].map((one) => one.name);

  function spark(chart, colors) {
    return {
      grid: { left: 0, right: 0, top: 4, bottom: 0 },
      xAxis: { type: "category", show: false, boundaryGap: false, data: chart.data.map((_, index) => index) },
      yAxis: { type: "value", show: false, scale: true },
      series: [{ type: "line", data: chart.data, silent: true, showSymbol: false, lineStyle: { color: colors.accent, width: 1.75 }, areaStyle: { color: faded(colors.accent, 0.13) } }],
    };
  }

  function draw(holder, colors) {
    const source = document.getElementById(holder.dataset.chart);
    if (!source || !globalThis.echarts) return;
    drawn.get(holder)?.canvas.dispose();
    const chart = { ...JSON.parse(source.textContent), open_word: holder.dataset.open || "" };
    const canvas = echarts.init(holder, null, { renderer: "canvas" });
    // Steps are at their true height only at rest: they do not grow.
    const isGrowing = !still.matches && !isPrinting && chart.kind !== "waterfall";
    canvas.setOption({ animation: isGrowing, animationDuration: 350, textStyle: { fontFamily: colors.font, color: colors.text }, ...option(chart, colors, holder.clientWidth < 480) });
    canvas.on("click", ({ data }) => {
      if (data?.marks?.length === 1 && data.marks[0].url) location.assign(data.marks[0].url);
    });
    if (!holder.hasAttribute("role") && !holder.hasAttribute("aria-hidden")) holder.setAttribute("role", "img");
    drawn.set(holder, { canvas, source, isNarrow: holder.clientWidth < 480 });
    watcher.observe(holder);
    holder.dispatchEvent(new CustomEvent("chart:drawn", { bubbles: true }));
  }

  const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const known = drawn.get(target);
      if (!known) continue;
      if (known.isNarrow !== target.clientWidth < 480) draw(target, paint());
      else known.canvas.resize();
    }
  });

  // After a swap only what is new is drawn; in a new theme, everything.
  function drawAll(isAfresh) {
    for (const [holder, { canvas }] of drawn) {
      if (!holder.isConnected) { canvas.dispose(); watcher.unobserve(holder); drawn.delete(holder); }
    }
    const colors = paint();
    for (const holder of document.querySelectorAll("[data-chart]")) {
      const known = drawn.get(holder);
      if (isAfresh || !known || known.source !== document.getElementById(holder.dataset.chart)) draw(holder, colors);
    }
  }

  // Paper does not wait for a picture to grow. After theme.js, which has put on the light theme by then.
  addEventListener("beforeprint", () => { isPrinting = true; drawAll(true); });
  addEventListener("afterprint", () => { isPrinting = false; });
  document.addEventListener("DOMContentLoaded", () => {
    drawAll(true);
    document.addEventListener("theme:changed", () => drawAll(true));
    document.body.addEventListener("htmx:afterSettle", () => drawAll(false));
  });
})();
