// Draws every [data-chart="id of a json_script"] with ECharts on canvas. The server gives series and
// words; this file gives the look, in both themes. What the server may give:
//
// {"kind": "line", "x": ["2026-01", …], "unit": "%", "digits": 1, "series": [
//    {"name": "…", "data": [6.6, null, …], "look": "main" | "beside" | "target" | "second" | "third"}]}
// {"kind": "bar", …the same…, "stacked": true, "across": true}     {"kind": "spark", "data": [1, 2, 3]}
// {"kind": "raw", "option": {…}}   a whole ECharts option, for what the others cannot say
(() => {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const drawn = new Map();

  function paint() {
    const probe = document.createElement("i");
    probe.style.transition = "none";
    document.body.append(probe);
    const color = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const colors = Object.fromEntries(
      ["accent", "quiet", "text", "ink", "line", "surface", "warn", "info", "bad", "good"].map((name) => [name, color(name)]),
    );
    colors.font = getComputedStyle(document.body).fontFamily;
    probe.remove();
    return colors;
  }

  const faded = (color, alpha) => color.replace(/^rgb\(/, "rgba(").replace(/\)$/, `, ${alpha})`);

  function written(value, chart) {
    if (value === null || value === undefined || value === "") return "–";
    const digits = chart.digits ?? 0;
    const figure = Number(value).toLocaleString(document.documentElement.lang, {
      minimumFractionDigits: digits, maximumFractionDigits: digits,
    });
    return chart.unit === "¥" ? `¥${figure}` : `${figure}${chart.unit || ""}`;
  }

  function styled(series, chart, colors) {
    const look = series.look || "main";
    const color = { main: colors.accent, beside: colors.quiet, target: colors.warn, second: colors.info, third: colors.warn }[look];
    const base = { name: series.name, data: series.data, type: chart.kind, itemStyle: { color }, emphasis: { focus: "none" } };
    if (chart.kind === "bar") {
      const stacked = chart.stacked ? { stack: "all" } : { itemStyle: { color, borderRadius: chart.across ? [0, 4, 4, 0] : [4, 4, 0, 0] } };
      return { ...base, barMaxWidth: 36, ...stacked };
    }
    const type = { beside: "dashed", target: "dotted" }[look] || "solid";
    const filled = look === "main" && chart.series.filter((one) => (one.look || "main") === "main").length === 1;
    return {
      ...base,
      showSymbol: series.data.filter((value) => value !== null).length < 2,
      symbolSize: 6,
      smooth: 0.25,
      smoothMonotone: "x",
      lineStyle: { color, width: look === "main" ? 2.5 : 1.75, type },
      areaStyle: filled ? { color: { type: "linear", x: 0, y: 0, x2: 0, y2: 1, colorStops: [{ offset: 0, color: faded(color, 0.22) }, { offset: 1, color: faded(color, 0.01) }] } } : undefined,
      endLabel: filled ? { show: true, color, fontWeight: 700, formatter: (point) => written(point.value, chart) } : undefined,
    };
  }

  function option(chart, colors) {
    if (chart.kind === "raw") return chart.option;
    if (chart.kind === "spark") return spark(chart, colors);
    const names = { type: "category", data: chart.x, boundaryGap: chart.kind === "bar", axisTick: { show: false }, axisLine: { lineStyle: { color: colors.line } }, axisLabel: { color: colors.text, hideOverlap: true, margin: 10 } };
    const values = { type: "value", scale: chart.kind === "line" && !chart.zero, min: chart.min, max: chart.max, splitNumber: 4, splitLine: { lineStyle: { color: colors.line } }, axisLabel: { color: colors.text, formatter: (value) => written(value, { ...chart, digits: Number.isInteger(value) ? 0 : 1 }) } };
    const many = chart.series.length > 1;
    return {
      grid: { left: 4, right: chart.kind === "line" ? 56 : 12, top: many ? 44 : 16, bottom: 4, containLabel: true },
      legend: many ? { left: 0, top: 0, itemWidth: 14, itemHeight: 4, icon: "roundRect", textStyle: { color: colors.text } } : undefined,
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, backgroundColor: colors.surface, borderColor: colors.line,
        textStyle: { color: colors.text, fontSize: 12 }, axisPointer: { lineStyle: { color: colors.quiet } },
        valueFormatter: (value) => written(value, chart),
      },
      xAxis: chart.across ? values : names,
      yAxis: chart.across ? { ...names, inverse: true } : values,
      series: chart.series.map((series) => styled(series, chart, colors)),
    };
  }

  function spark(chart, colors) {
    return {
      grid: { left: 0, right: 0, top: 4, bottom: 0 },
      xAxis: { type: "category", show: false, boundaryGap: false, data: chart.data.map((_, index) => index) },
      yAxis: { type: "value", show: false, scale: true },
      series: [{ type: "line", data: chart.data, silent: true, showSymbol: false, lineStyle: { color: colors.accent, width: 1.75 }, areaStyle: { color: faded(colors.accent, 0.13) } }],
    };
  }

  function draw(holder) {
    const source = document.getElementById(holder.dataset.chart);
    if (!source || !globalThis.echarts) return;
    drawn.get(holder)?.dispose();
    const colors = paint();
    const chart = JSON.parse(source.textContent);
    const canvas = echarts.init(holder, null, { renderer: "canvas" });
    canvas.setOption({ animation: !still, animationDuration: 350, textStyle: { fontFamily: colors.font, color: colors.text }, ...option(chart, colors) });
    if (!holder.hasAttribute("role") && !holder.hasAttribute("aria-hidden")) holder.setAttribute("role", "img");
    drawn.set(holder, canvas);
    watcher.observe(holder);
  }

  const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries) drawn.get(target)?.resize();
  });

  function drawAll() {
    for (const [holder, canvas] of drawn) {
      if (!holder.isConnected) { canvas.dispose(); watcher.unobserve(holder); drawn.delete(holder); }
    }
    for (const holder of document.querySelectorAll("[data-chart]")) draw(holder);
  }

  document.addEventListener("DOMContentLoaded", () => {
    drawAll();
    document.addEventListener("theme:changed", drawAll);
    document.body.addEventListener("htmx:afterSettle", drawAll);
  });
})();
