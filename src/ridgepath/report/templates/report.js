(function () {
  "use strict";
  const { colours, figures, seeds, seed } = JSON.parse(document.getElementById("drawings").textContent);
  const root = document.documentElement;
  const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
  const narrow = window.matchMedia("(max-width: 640px)");
  const family = getComputedStyle(document.body).fontFamily;
  const paperWidth = 660;
  const settings = { displayModeBar: false, responsive: true };
  const off = {};
  const withSeeds = {};

  /* Figures name their colours as the page does; plotly itself cannot read CSS variables. */
  function coloured(value, palette) {
    if (typeof value === "string") {
      const name = /^var\(--(.+)\)$/.exec(value);
      return name ? palette[name[1]] : value;
    }
    if (Array.isArray(value)) return value.map((item) => coloured(item, palette));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, palette)]));
  }

  const groupOf = (trace) => trace.legendgroup || trace.name;

  /* Switched off are groups of traces; at first those that the figure itself leaves out. */
  function switchedOff(name, traces) {
    if (!off[name]) {
      off[name] = new Set(traces.flatMap((trace, place) => (trace.visible === "legendonly" ? [place] : [])));
    }
    return off[name];
  }

  /* In place of means and bands: the lines of all seeds, those of a strength as one trace with gaps. */
  function everySeed(traces, ofSeeds, lang) {
    return traces.flatMap((trace, place) => {
      if (trace.fill) return [];
      const found = ofSeeds[place];
      if (!found) return [trace];
      const one = { ...trace, x: [], y: [], customdata: [], line: { ...trace.line, width: 1 }, opacity: 0.75 };
      found.values.forEach((values, which) => {
        one.x.push(...trace.x, null);
        one.y.push(...values, null);
        one.customdata.push(...values.map(() => found.seeds[which]), null);
      });
      const parts = seed[lang].split("{}");
      one.hovertemplate = trace.name + ", " + parts.join("%{customdata}") + ": %{y}<extra></extra>";
      return [one];
    });
  }

  function legendPlaces(traces) {
    const first = new Map();
    traces.forEach((trace, place) => {
      if (trace.name && trace.showlegend !== false && !first.has(groupOf(trace))) first.set(groupOf(trace), place);
    });
    return first;
  }

  function drawLegend(name, lang, traces) {
    const target = document.querySelector(`#page-${lang} .legend-of[data-of="${name}"]`);
    const places = legendPlaces(traces);
    target.replaceChildren();
    if (places.size === 0) return;
    for (const [, place] of places) {
      const trace = traces[place];
      const button = document.createElement("button");
      const swatch = document.createElement("span");
      const colour = (trace.line && trace.line.color) || trace.marker.color;
      const dash = trace.line && trace.line.dash;
      swatch.className = "swatch" + (trace.type === "bar" ? " filled" : "");
      swatch.style.borderTopColor = colour;
      swatch.style.borderTopStyle = { dash: "dashed", dot: "dotted" }[dash] || "solid";
      button.type = "button";
      button.append(swatch, trace.name);
      button.setAttribute("aria-pressed", String(!off[name].has(place)));
      button.addEventListener("click", () => {
        if (!off[name].delete(place)) off[name].add(place);
        button.setAttribute("aria-pressed", String(!off[name].has(place)));
        draw(name);
      });
      target.append(button);
    }
  }

  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemDark.matches);
  const targetOf = (name) => document.getElementById(`${root.lang}-${name}`);

  function draw(name, paper) {
    const lang = root.lang;
    const original = figures[lang][name];
    const hidden = switchedOff(name, original.data);
    const groups = new Set([...hidden].map((place) => groupOf(original.data[place])));
    const palette = colours[isDark() && !paper ? "dark" : "light"];
    const isNarrow = paper ? false : narrow.matches;
    const layout = coloured({ ...original.layout, ...(isNarrow ? original.narrow : {}) }, palette);
    let traces = coloured(original.data, palette);
    if (withSeeds[name]) {
      traces = everySeed(traces, seeds[name], lang);
      layout.hovermode = "closest";
    }
    traces.forEach((trace) => { trace.visible = !groups.has(groupOf(trace)); });
    layout.font.family = family;
    if (paper) Object.assign(layout, { width: paperWidth, autosize: false });
    Plotly.react(targetOf(name), traces, layout, settings);
  }

  function drawAll(paper) {
    for (const name of Object.keys(figures[root.lang])) {
      draw(name, paper);
      drawLegend(name, root.lang, figures[root.lang][name].data);
    }
  }

  function speak(lang) {
    document.querySelectorAll(".page").forEach((page) => { page.hidden = page.lang !== lang; });
    root.lang = lang;
    root.dir = document.getElementById(`page-${lang}`).dir;
    drawAll();
  }

  function byValue(one, other) {
    const numbers = [one, other].map(parseFloat);
    const missing = numbers.map(Number.isNaN);
    if (missing[0] !== missing[1]) return missing[0] - missing[1];
    return missing[0] ? one.localeCompare(other) : numbers[0] - numbers[1];
  }

  function sort(heading) {
    const body = heading.closest("table").tBodies[0];
    const place = heading.cellIndex;
    const rises = heading.getAttribute("aria-sort") !== "ascending";
    const rows = [...body.rows].map((row) => [row.cells[place].textContent, row]);
    rows.sort(([one], [other]) => byValue(one, other));
    if (!rises) rows.reverse();
    heading.parentNode.querySelectorAll("th").forEach((each) => each.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", rises ? "ascending" : "descending");
    body.append(...rows.map(([, row]) => row));
  }

  async function copy(button) {
    const from = document.getElementById(button.dataset.from);
    window.getSelection().selectAllChildren(from);
    try {
      await navigator.clipboard.writeText(from.textContent);
    } catch {
      return; /* The browser does not allow it: the text is selected, and can be copied by hand. */
    }
    button.textContent = button.dataset.done;
  }

  async function save(name) {
    const { data, layout } = targetOf(name);
    const shown = { ...layout, showlegend: true, paper_bgcolor: colours[isDark() ? "dark" : "light"].panel };
    await Plotly.downloadImage({ data, layout: shown }, { format: "png", filename: name, scale: 2, width: 1000, height: layout.height });
  }

  function onClick(selector, act) {
    document.querySelectorAll(selector).forEach((each) => each.addEventListener("click", () => act(each)));
  }

  document.querySelectorAll(".without-script").forEach((note) => note.remove());
  onClick("button.language", (button) => {
    speak(button.dataset.language);
    document.querySelector(`#page-${root.lang} button.language`).focus();
  });
  onClick("button.every-seed", (button) => {
    withSeeds[button.dataset.of] = button.getAttribute("aria-pressed") !== "true";
    document.querySelectorAll(`button.every-seed[data-of="${button.dataset.of}"]`)
      .forEach((each) => each.setAttribute("aria-pressed", String(withSeeds[button.dataset.of])));
    draw(button.dataset.of);
  });
  onClick("button.save", (button) => save(button.dataset.of));
  onClick("button.copy", copy);
  onClick(".sortable th button", (button) => sort(button.parentNode));
  document.querySelectorAll("select.theme").forEach((select) => {
    select.addEventListener("change", () => {
      document.querySelectorAll("select.theme").forEach((each) => { each.value = select.value; });
      if (select.value === "system") delete root.dataset.theme;
      else root.dataset.theme = select.value;
      drawAll();
    });
  });
  systemDark.addEventListener("change", () => drawAll());
  narrow.addEventListener("change", () => drawAll());
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((details) => { details.open = true; });
    drawAll(true);
  });
  window.addEventListener("afterprint", () => drawAll());
  drawAll();
})();
