// Unpack plotly.js from the page itself and draw each figure from its data. Without it the tables say the same.
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%,()*+-;[=]?@^_`{|}~";

function bytes(text, size) {
  const digit = new Uint8Array(128);
  [...DIGITS].forEach((character, value) => { digit[character.charCodeAt(0)] = value; });
  const view = new DataView(new ArrayBuffer((text.length / 5) * 4));
  for (let at = 0, to = 0; at < text.length; to += 4) {
    let word = 0;
    for (const end = at + 5; at < end; at += 1) word = word * 85 + digit[text.charCodeAt(at)];
    view.setUint32(to, word);
  }
  return new Uint8Array(view.buffer, 0, size);
}

// On paper the style sheet scales the drawing to the page; for that each layer must know its own size.
function scalable(place) {
  for (const layer of place.querySelectorAll(".main-svg")) {
    const [width, height] = [layer.getAttribute("width"), layer.getAttribute("height")];
    layer.setAttribute("viewBox", `0 0 ${width} ${height}`);
    place.style.setProperty("--shape", `${width} / ${height}`);
  }
}

async function draw() {
  const packed = document.getElementById("plotly");
  const unpacked = new Blob([bytes(packed.textContent, Number(packed.dataset.bytes))]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(unpacked).text();
  document.head.append(script);
  const islands = document.querySelectorAll("script[data-plot]");
  for (const island of islands) {
    const place = document.getElementById(island.dataset.plot);
    const { data, layout } = JSON.parse(island.textContent);
    delete layout.title; // it is for JupyterLab; here the exhibit has a heading
    layout.height = layout.meta.height;
    layout.margin.t = layout.meta.top;
    place.classList.add("drawn");
    await Plotly.newPlot(place, data, layout, { displayModeBar: false, responsive: true });
    scalable(place);
    place.on("plotly_afterplot", () => scalable(place));
  }
  return islands.length;
}

draw().then(
  (figures) => { document.documentElement.dataset.figures = figures; },
  (error) => { document.documentElement.dataset.figures = `none: ${error}`; },
);
