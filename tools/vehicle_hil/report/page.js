"use strict";
// Draws the figures: colours by scheme, sizes by width, linked zoom, the map's colour switch.
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const narrow = () => window.innerWidth < 640;
  const touch = matchMedia("(hover: none)").matches;

  // A copy of the figure's data with the names of CSS variables turned into colours.
  const coloured = (value) => {
    if (typeof value === "string") return value.startsWith("--") ? css(value) : value;
    if (Array.isArray(value)) return value.map(coloured);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, coloured(part)]));
    }
    return value;
  };

  const layoutOf = (figure, element) => {
    const layout = coloured(figure.layout);
    const small = narrow();
    Object.assign(layout, {
      autosize: true,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(document.body).fontFamily, size: small ? 11 : 12, color: css("--soft") },
      hoverlabel: { bgcolor: css("--card"), bordercolor: css("--rule"), font: { color: css("--ink"), size: 12 } },
      dragmode: touch ? false : "zoom",
      separators: ".,",
    });
    layout.margin = { ...layout.margin, ...(small ? { l: Math.min(layout.margin.l, 54), r: 8 } : {}) };
    for (const [key, axis] of Object.entries(layout)) {
      if (!/^[xy]axis\d*$/.test(key)) continue;
      Object.assign(axis, {
        gridcolor: css("--grid"), linecolor: css("--rule"), zerolinecolor: css("--limit"), zerolinewidth: 1,
        automargin: false, exponentformat: "none", separatethousands: true,
      });
      axis.title = { ...axis.title, font: { size: small ? 11 : 12.5, color: css("--ink") } };
      if (key.startsWith("x") && small) axis.nticks = 5;
    }
    if (layout.annotations) layout.annotations.forEach((note) => { note.font = { ...note.font, color: css("--ink") }; });
    if (figure.aspect) {
      const inner = element.clientWidth - layout.margin.l - layout.margin.r;
      const tall = Math.min(Math.max(inner * figure.aspect, 180), small ? 460 : 560);
      layout.height = Math.round(tall) + layout.margin.t + layout.margin.b;
    }
    return layout;
  };

  let pathColour = "error";
  const dataOf = (figure) => {
    const data = figure.data.map((trace) => {
      if (figure.key !== "map" || !trace.meta || !trace.meta[pathColour]) return coloured(trace);
      const chosen = trace.meta[pathColour];
      const marker = { ...trace.marker, color: chosen.color, colorscale: chosen.colorscale, cmax: trace.meta[pathColour + "_max"] };
      showScale(coloured(chosen.colorscale), trace.meta[pathColour + "_max"], chosen.unit);
      return coloured({ ...trace, marker });
    });
    return data;
  };

  const showScale = (scale, highest, unit) => {
    const element = document.querySelector("#map .scale");
    element.querySelector("i").style.setProperty("--ramp", `linear-gradient(90deg, ${scale.map((stop) => stop[1]).join(", ")})`);
    element.querySelector(".low").textContent = `0`;
    element.querySelector(".high").textContent = `${highest.toFixed(1)} ${unit}`;
    document.querySelector("#map .legend .line").style.setProperty("--colour", scale[0][1]);
  };

  const elementOf = (figure) => document.getElementById(`plot-${figure.key}`);
  const config = { displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: "reset" };

  const draw = (figure) => {
    const element = elementOf(figure);
    return Plotly.react(element, dataOf(figure), layoutOf(figure, element), config);
  };

  // Zooming one plot over time (or distance) zooms the others over the same quantity.
  let following = false;
  const link = (figure) => {
    elementOf(figure).on("plotly_relayout", (change) => {
      if (following || !figure.group) return;
      const from = change["xaxis.range[0]"], to = change["xaxis.range[1]"];
      const reset = change["xaxis.autorange"] || (change["xaxis.range"] && figure.layout.xaxis.range);
      if (from === undefined && !reset) return;
      following = true;
      const others = figures.filter((other) => other !== figure && other.group === figure.group);
      Promise.all(others.map((other) => Plotly.relayout(elementOf(other), from !== undefined
        ? { "xaxis.range": [from, to] }
        : other.layout.xaxis.range ? { "xaxis.range": other.layout.xaxis.range } : { "xaxis.autorange": true },
      ))).finally(() => { following = false; });
    });
  };

  document.querySelectorAll("#map .switch button").forEach((button) => {
    button.addEventListener("click", () => {
      pathColour = button.dataset.colour;
      document.querySelectorAll("#map .switch button").forEach((other) => {
        other.setAttribute("aria-pressed", String(other === button));
      });
      draw(figures.find((figure) => figure.key === "map"));
    });
  });

  Promise.all(figures.map(draw)).then(() => {
    figures.forEach(link);
    document.documentElement.dataset.ready = "true";
  });
  let width = window.innerWidth;
  let timer = 0;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    clearTimeout(timer);
    timer = setTimeout(() => figures.forEach(draw), 120);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => figures.forEach(draw));
})();
