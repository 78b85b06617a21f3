// Study page: consent, the sounds one by one with their ratings, and the end.
import { ask as asking } from "./api.js";

const KEY = "sonovae.listener";
const at = id => document.getElementById(id);
const sound = new Audio();
let place = { questions: [], ratings: {} }; // the server's last answer
let heard = false, moving = false; // whether the sound has ended once; whether the next one is coming
let unsaved = new Map(); // ratings by question that the server has not confirmed
let saving = Promise.resolve();

const ask = (question, words) => asking(`study/${question}`, words);
const fault = text => Object.assign(at("fault"), { textContent: text, hidden: !text });
const show = id => ["none", "consent", "rating", "thanks"].forEach(each => { at(each).hidden = each !== id; });
const listener = () => localStorage.getItem(KEY);
const told = (error, otherwise = "The server cannot be reached. Please try again.") => fault(error.status ? error.message : otherwise);

async function start() {
  try {
    at("sounds").textContent = (await ask("about")).sounds;
  } catch (error) {
    if (error.status !== 400) return told(error); // for example busy
    at("why").textContent = error.message;
    return show("none");
  }
  if (!listener()) return show("consent");
  try {
    arrive(await ask("next", { listener: listener() }));
  } catch (error) {
    if (error.status !== 400) return fault("The server cannot be reached. Reload the page to continue.");
    localStorage.removeItem(KEY); // the token is of another study
    show("consent");
  }
}

function begin() {
  const keep = said => { localStorage.setItem(KEY, said.listener); fault(""); return start(); };
  ask("begin", { consent: true }).then(keep).catch(error => told(error));
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
  sound.src = `/api/study/sound/${place.sound}`;
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
  const head = element("p", { id: `ask-${name}` }, element("strong", { textContent: title }), " ", asked);
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
  sound.currentTime = 0; // a second click starts again
  sound.play().then(() => fault(""), error => { // the next sound interrupts it, which is no fault
    if (error.name !== "AbortError") fault("The sound could not be played. Please try again.");
  });
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
  }).catch(error => told(error, "Your rating could not be saved yet. Next tries again."));
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
    await (error.status ? start() : told(error)); // another tab of this browser is ahead
  }
  moving = false;
  refresh();
}

function key(event) {
  if (at("rating").hidden || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  const focus = document.activeElement;
  const act = { " ": focus.tagName !== "BUTTON" && play, Enter: !at("next").disabled && advance }[event.key];
  if (act) {
    event.preventDefault(); // otherwise a focused button acts as well
    act(event);
  } else if (/^[1-5]$/.test(event.key) && heard) {
    const open = place.questions.find(({ name }) => !place.ratings[name]);
    const within = focus.closest("fieldset");
    const radio = (within || (open && at(open.name)))?.querySelector(`input[value="${event.key}"]`);
    if (within) radio.focus(); // arrow keys continue from here
    radio?.click();
  }
}

sound.addEventListener("ended", () => { heard = true; });
for (const each of ["play", "pause", "ended"]) sound.addEventListener(each, refresh);
sound.addEventListener("error", () => fault("The sound could not be loaded. Reload the page to continue."));
at("begin").addEventListener("click", begin);
at("play").addEventListener("click", play);
at("rating").addEventListener("submit", advance);
document.addEventListener("keydown", key);
start().catch(() => fault("This page needs the browser's local storage: allow it for this site."));
