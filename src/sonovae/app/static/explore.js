// Explore page: two sounds, the map, the line between them, and sliders of dimensions.
import { ask, doing } from "./api.js";
import { Card } from "./card.js";
import { LatentMap } from "./map.js";

export function explore(model) {
  const cards = { A: new Card("a", "A"), B: new Card("b", "B"), "A–B": new Card("middle", "A–B") };
  const map = new LatentMap(document.getElementById("map"), document.getElementById("legend"), (place) => at(place));
  const temperature = document.getElementById("temperature"), share = document.getElementById("share");
  const sliders = document.getElementById("sliders");
  let base = null;  // the z that the sliders start from

  function show(name, made, facts, play = true) {
    if (!made) return;
    cards[name].show(made, facts, play);
    map.mark(name, made.at);
    const near = made.nearest;
    if (near) cards[name].link(`Nearest recording: ${near.name}`, () => doing("Reading the recording…", async () => {
      const found = await ask("recording", { row: near.row });
      new Audio(found.audio || "").play().catch(() => {});
      if (!found.audio) cards[name].part("spectrogram").src = found.picture;
    }));
  }

  function keep(name, made) {
    if (name !== "A" || !made) return;
    base = made.z;
    for (const each of sliders.querySelectorAll("input")) { each.value = 0; each.nextElementSibling.value = 0; }
  }

  async function draw(name, controls, play = true) {
    const label = controls.label.value || null, group = controls.group?.value || null, seed = Number(controls.seed.value);
    const seconds = controls.seconds?.value ? Number(controls.seconds.value) : null;
    const made = await doing("Making a sound…", () => ask("draw", { label, group, seconds, seed, temperature: Number(temperature.value) }));
    show(name, made, `new, of ${label ?? "all labels"}${group ? `, voice ${group}` : ""}, seed ${seed}, temperature ${temperature.value}`, play);
    keep(name, made);
  }

  async function at([x, y]) {
    const name = document.querySelector("input[name=into]:checked").value.toUpperCase();
    const made = await doing("Making the sound there…", () => ask("at", { x, y }));
    show(name, made, `from the map, ${x.toFixed(2)}, ${y.toFixed(2)}`);
    keep(name, made);
  }

  // A choice of voices, and a field for seconds, where the model has them.
  function voices(name) {
    if (!model.groups.length) return null;
    const group = document.createElement("select");
    group.append(...["", ...model.groups].map((each) => new Option(each || "all voices", each)));
    group.setAttribute("aria-label", `Voice of ${name}`);
    return group;
  }

  function duration(name) {
    if (!model.most_seconds) return null;
    const field = { type: "number", min: 0.1, max: model.most_seconds, step: 0.1, placeholder: model.seconds.toFixed(1), title: "Seconds; empty: a clip's" };
    const seconds = Object.assign(document.createElement("input"), field), framed = document.createElement("label");
    seconds.setAttribute("aria-label", `Seconds of ${name}`);
    framed.append("seconds", seconds);
    return seconds;
  }

  function controls(name, first) {
    const head = cards[name].part("head"), label = document.createElement("select");
    const seed = Object.assign(document.createElement("input"), { type: "number", min: 0, value: 1, title: "Seed: equal seeds make equal sounds" });
    const button = Object.assign(document.createElement("button"), { type: "button", className: "main", textContent: model.kind === "image" ? "New image" : "New sound" });
    label.append(...["", ...model.labels].map((each) => new Option(each || "all labels", each)));
    label.value = model.labels[first] ?? "";
    label.setAttribute("aria-label", `Label of ${name}`);
    seed.setAttribute("aria-label", `Seed of ${name}`);
    const seeded = document.createElement("label");
    seeded.append("seed", seed);
    const own = { label, seed, group: voices(name), seconds: duration(name) };
    head.append(label, ...[own.group, own.seconds?.parentElement, seeded, button].filter(Boolean));
    button.addEventListener("click", () => { seed.value = Number(seed.value) + 1; draw(name, own); });
    for (const each of Object.values(own).filter(Boolean)) each.addEventListener("change", () => draw(name, own));
    cards[name].at.hidden = false;
    return own;
  }

  for (const [n, { dimension, deviation }] of model.sliders.entries()) {
    const row = document.createElement("label");
    row.className = "row";
    row.innerHTML = `z<sub>${dimension}</sub> <input type="range" min="-3" max="3" step="0.1" value="0"><output>0</output>`;
    const input = row.querySelector("input");
    input.addEventListener("input", () => { input.nextElementSibling.value = input.value; });
    input.addEventListener("change", async () => {
      if (!base) return;
      const z = [...base];
      sliders.querySelectorAll("input").forEach((each, i) => { z[model.sliders[i].dimension] += each.value * model.sliders[i].deviation; });
      show("A", await doing("Moving along the dimension…", () => ask("decode", { z })), `A, moved along z${dimension} by ${input.value} standard deviations`);
    });
    sliders.append(row);
  }

  share.addEventListener("change", async () => {
    const [one, other] = ["A", "B"].map((name) => cards[name].shown?.z);
    if (!one || !other) return;
    const made = await doing("Making the sound between…", () => ask("between", { one, other, share: Number(share.value) }));
    show("A–B", made, `${share.value} of the way from A to B`);
  });

  map.load(model.map);
  const [a, b] = [controls("A", 0), controls("B", Math.min(1, model.labels.length - 1))];
  draw("A", a, false).then(() => draw("B", b, false));
}
