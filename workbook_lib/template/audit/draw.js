// Unpack plotly.js from the page itself and draw each figure from its data. Without it the tables below say the same.
(async () => {
  const root = document.documentElement;
  const packed = document.getElementById("plotly").textContent;
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(unpacked).text();
  document.head.append(script);
  const islands = document.querySelectorAll("script[data-plot]");
  for (const island of islands) {
    const place = document.getElementById(island.dataset.plot);
    const { data, layout } = JSON.parse(island.textContent);
    delete layout.title; // the exhibit has its own heading
    layout.margin = { ...layout.margin, t: 12 };
    await Plotly.newPlot(place, data, layout, { displayModeBar: false, responsive: true });
    place.classList.add("drawn");
  }
  root.dataset.figures = islands.length;
})().catch((error) => { document.documentElement.dataset.figures = "none: " + error; });
