// Navigation between the pages, and the model that they share.
import { doing, get, ask } from "./api.js";
import { explore } from "./explore.js";
import { reconstruct } from "./reconstruct.js";
import { compare } from "./compare.js";

function open() {
  const name = location.hash.slice(1) || "explore";
  for (const section of document.querySelectorAll("section")) section.classList.toggle("open", section.id === name);
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

for (const range of document.querySelectorAll("input[type=range]")) {
  range.addEventListener("input", () => { if (range.nextElementSibling) range.nextElementSibling.value = range.value; });
}
addEventListener("hashchange", open);
open();

const model = await doing("Opening the model…", () => ask("model"));
if (model) {
  document.querySelector("main").hidden = false;
  const names = await get("/api/models");
  explore(model);
  reconstruct(model);
  compare(model, names);
} else {
  const said = document.createElement("div");
  said.className = "nothing";
  said.innerHTML = "<h2>There is no model yet</h2><pre></pre><p>Reload this page afterwards.</p>";
  said.querySelector("pre").textContent = document.getElementById("status").textContent;
  document.body.append(said);
}
