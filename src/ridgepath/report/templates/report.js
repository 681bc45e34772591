(function () {
  "use strict";
  const drawings = JSON.parse(document.getElementById("drawings").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const narrow = window.matchMedia("(max-width: 640px)");
  const family = getComputedStyle(document.body).fontFamily;
  const paperWidth = 660;

  /* Figures name their colours as the page does; plotly itself cannot read CSS variables. */
  function coloured(value, colours) {
    if (typeof value === "string") {
      const name = /^var\(--(.+)\)$/.exec(value);
      return name ? colours[name[1]] : value;
    }
    if (Array.isArray(value)) return value.map((item) => coloured(item, colours));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, colours)]));
  }

  function draw(theme, width) {
    for (const [identity, drawing] of Object.entries(drawings.figures)) {
      const target = document.getElementById(identity);
      const figure = coloured(drawing, drawings.colours[theme]);
      const shape = (width ? width < 640 : narrow.matches) ? figure.narrow : {};
      const layout = Object.assign(figure.layout, shape);
      layout.font.family = family;
      if (width) Object.assign(layout, { width: width, autosize: false });
      const shown = (target.data || []).map((trace) => trace.visible);
      figure.data.forEach((trace, index) => { if (shown.length) trace.visible = shown[index]; });
      Plotly.react(target, figure.data, layout, {
        responsive: true,
        displaylogo: false,
        modeBarButtons: [["toImage"]],
      });
    }
  }

  const onScreen = () => draw(dark.matches ? "dark" : "light");
  dark.addEventListener("change", onScreen);
  narrow.addEventListener("change", onScreen);
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((details) => { details.open = true; });
    draw("light", paperWidth);
  });
  window.addEventListener("afterprint", onScreen);
  onScreen();
})();
