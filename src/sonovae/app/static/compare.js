// Compare page: two models on the same z, or on the same file.
import { ask, doing, send } from "./api.js";
import { Card } from "./card.js";

export function compare(model, names) {
  const sides = ["one", "other"].map((id) => ({ card: new Card(id, id === "one" ? "One" : "Other"), select: document.getElementById(`model-${id}`) }));
  const file = document.getElementById("same-file");
  let seed = 0;
  sides.forEach(({ select }, n) => {
    select.append(...names.map((name) => new Option(name === "own" ? "this project's model" : name, name)));
    select.value = names[Math.min(n, names.length - 1)];
  });

  document.getElementById("same-z").addEventListener("click", () => doing("Decoding the same z twice…", async () => {
    const first = await ask("draw", { model: sides[0].select.value, seed: ++seed });
    const second = await ask("decode", { model: sides[1].select.value, z: first.z, seed });
    sides[0].card.show(first, `${sides[0].select.value}, seed ${seed}`);
    sides[1].card.show(second, `${sides[1].select.value}, the same z`, false);
  }));

  file.addEventListener("change", () => doing("Reconstructing the file twice…", async () => {
    const [data] = file.files;
    for (const { card, select } of sides) {
      const found = await send(data, data.name, select.value);
      card.show(found.restored, `${data.name} by ${select.value}`, card === sides[0].card);
    }
    file.value = "";
  }));
}
