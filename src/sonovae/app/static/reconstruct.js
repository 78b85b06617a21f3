// Reconstruct page: a file or a recording, its reconstruction, and variations.
import { ask, doing, say, send } from "./api.js";
import { Card } from "./card.js";

export function reconstruct(model) {
  const cards = { original: new Card("original", "Original"), restored: new Card("restored", "Reconstructed"), varied: new Card("varied", "Variation") };
  const file = document.getElementById("file"), record = document.getElementById("record"), much = document.getElementById("much");
  let z = null, seed = 0;

  async function meet(data, name) {
    const found = await doing(`Reconstructing ${name}…`, () => send(data, name, "own"));
    if (!found) return;
    z = found.z;
    document.getElementById("variations").hidden = false;
    cards.original.show(found.original, name, false);
    cards.restored.show(found.restored, `${name}, reconstructed; at most the first ${found.most_seconds} s`);
  }

  file.addEventListener("change", () => { if (file.files[0]) meet(file.files[0], file.files[0].name); file.value = ""; });
  document.getElementById("vary").addEventListener("click", async () => {
    const made = await doing("Making a variation…", () => ask("vary", { z, seed: ++seed, temperature: Number(much.value) }));
    if (made) cards.varied.show(made, `variation ${seed}, temperature ${much.value}`);
  });
  record.hidden = model.kind === "image" || !navigator.mediaDevices;
  let stop = null;
  record.addEventListener("click", async () => {
    if (stop) { stop(); return; }
    try { stop = await listen((wav) => { stop = null; record.textContent = "Record"; meet(wav, "the recording"); }); } catch (error) {
      say(`The microphone cannot be used: ${error.message}`, true);
      return;
    }
    record.textContent = "Stop";
    say("Recording…");
  });
}

// Record until the returned function is called, which passes a 16-bit WAV to `done`.
async function listen(done) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const context = new AudioContext(), pieces = [];
  const source = context.createMediaStreamSource(stream), tap = context.createScriptProcessor(4096, 1, 1);
  tap.onaudioprocess = (event) => pieces.push(event.inputBuffer.getChannelData(0).slice());
  source.connect(tap).connect(context.destination);
  return () => {
    tap.disconnect();
    stream.getTracks().forEach((track) => track.stop());
    context.close();
    done(wav(pieces, context.sampleRate));
  };
}

function wav(pieces, rate) {
  const n = pieces.reduce((sum, piece) => sum + piece.length, 0), view = new DataView(new ArrayBuffer(44 + 2 * n));
  const text = (at, word) => [...word].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + 2 * n, true); text(8, "WAVEfmt "); view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); view.setUint16(22, 1, true); view.setUint32(24, rate, true); view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true); view.setUint16(34, 16, true); text(36, "data"); view.setUint32(40, 2 * n, true);
  let at = 44;
  for (const piece of pieces) for (const each of piece) { view.setInt16(at, Math.max(-1, Math.min(1, each)) * 32767, true); at += 2; }
  return new Blob([view], { type: "audio/wav" });
}
