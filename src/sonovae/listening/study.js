"use strict";

const KEY = "sonovae.listener";
const AWAY = "The server cannot be reached. Please try again.";
const at = id => document.getElementById(id);
const sound = new Audio();
let place = { questions: [], ratings: {} }; // what the server said last
let heard = false; // whether the sound was played to its end
let unsaved = new Map(); // ratings by question that the server has not confirmed
let saving = Promise.resolve();
let moving = false;

async function ask(path, words) {
  const how = words && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(words) };
  const answer = await fetch(`/study/${path}`, how);
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.error), { status: answer.status });
  return said;
}

const fault = text => Object.assign(at("fault"), { textContent: text, hidden: !text });
const show = id => ["consent", "rating", "thanks"].forEach(each => { at(each).hidden = each !== id; });
const listener = () => localStorage.getItem(KEY);
const told = (error, otherwise) => fault(error.status ? error.message : otherwise);

async function start() {
  if (!listener()) return show("consent");
  try {
    arrive(await ask(`next?listener=${encodeURIComponent(listener())}`));
  } catch (error) {
    if (error.status !== 400) return fault("The server cannot be reached. Reload the page to go on where you were.");
    localStorage.removeItem(KEY); // of another study
    show("consent");
  }
}

async function begin() {
  try {
    localStorage.setItem(KEY, (await ask("begin", { consent: true })).listener);
    fault("");
    await start();
  } catch (error) {
    told(error, AWAY);
  }
}

function arrive(said) {
  place = said;
  unsaved = new Map();
  sound.pause();
  if (!place.sound) {
    show("thanks");
    return at("thanks").querySelector("h1").focus();
  }
  heard = false;
  sound.src = `/study/sound/${place.sound}`;
  at("progress").textContent = `${place.done + 1} of ${place.of}`;
  Object.assign(at("bar"), { max: place.of, value: place.done });
  at("questions").replaceChildren(...place.questions.map(question));
  at("next").textContent = place.done + 1 === place.of ? "Finish" : "Next";
  show("rating");
  refresh();
  at("play").focus({ preventScroll: true });
  scrollTo(0, 0);
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function question({ name, title, asked }) {
  const points = place.scale.map((label, i) => {
    const checked = place.ratings[name] === i + 1;
    const radio = element("input", { type: "radio", name, value: i + 1, checked });
    radio.addEventListener("change", () => rate(name, i + 1));
    return element("label", {}, radio, element("b", { textContent: i + 1 }), element("span", { textContent: label }));
  });
  const head = element("p", { id: `ask-${name}` }, element("strong", { textContent: title }), ` ${asked}`);
  const group = element("fieldset", { id: name }, head, element("div", { className: "scale" }, ...points));
  group.setAttribute("role", "radiogroup");
  group.setAttribute("aria-labelledby", head.id);
  return group;
}

function refresh() {
  const playing = !sound.paused && !sound.ended;
  at("play").classList.toggle("playing", playing);
  at("say").textContent = playing ? "Playing" : heard ? "Play again" : "Play";
  at("hint").textContent = heard ? "Rate the sound; you can play it again." : "Listen to the end, then rate the sound.";
  for (const group of at("questions").children) group.disabled = !heard || moving;
  at("next").disabled = moving || !heard || place.questions.some(({ name }) => !place.ratings[name]);
}

function play() {
  sound.currentTime = 0;
  sound.play().then(() => fault(""), () => fault("The sound could not be played. Please try again."));
}

function rate(name, rating) {
  place.ratings[name] = rating;
  unsaved.set(name, rating);
  save();
  refresh();
}

function save() {
  saving = saving.then(async () => {
    for (const [name, rating] of [...unsaved]) {
      await ask("rate", { listener: listener(), sound: place.sound, question: name, rating });
      if (unsaved.get(name) === rating) unsaved.delete(name);
    }
    fault("");
  }).catch(error => told(error, "Your rating could not be kept yet. Next tries again."));
  return saving;
}

async function advance(event) {
  event.preventDefault();
  if (at("next").disabled) return;
  moving = true;
  refresh();
  try {
    await save();
    if (!unsaved.size) arrive(await ask("advance", { listener: listener(), sound: place.sound }));
  } catch (error) {
    told(error, AWAY);
  }
  moving = false;
  refresh();
}

function key(event) {
  if (at("rating").hidden || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  const focus = document.activeElement;
  if (event.key === " " && focus.tagName !== "BUTTON") {
    event.preventDefault();
    play();
  } else if (event.key === "Enter" && focus.tagName !== "BUTTON") {
    event.preventDefault();
    at("rating").requestSubmit();
  } else if (/^[1-5]$/.test(event.key) && heard) {
    const open = place.questions.find(({ name }) => !place.ratings[name]);
    const group = focus.closest("fieldset") || (open && at(open.name));
    group?.querySelector(`input[value="${event.key}"]`).click();
  }
}

for (const each of ["play", "pause", "ended"]) sound.addEventListener(each, () => refresh());
sound.addEventListener("ended", () => { heard = true; refresh(); });
sound.addEventListener("error", () => fault("The sound could not be loaded. Reload the page to go on where you were."));
at("begin").addEventListener("click", begin);
at("play").addEventListener("click", play);
at("rating").addEventListener("submit", advance);
document.addEventListener("keydown", key);
start();
