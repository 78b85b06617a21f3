// Card of a sound or an image: waveform, spectrogram, player, provenance and download.
export class Card {
  constructor(id, title) {
    this.at = document.getElementById(id);
    this.at.append(document.getElementById("card").content.cloneNode(true));
    this.title = title;
    this.shown = null;
    this.part("head").innerHTML = "<strong></strong>";
    this.part("head").firstChild.textContent = title;
    this.at.hidden = true;
  }

  part(name) { return this.at.querySelector(`.${name}`); }

  show(made, facts, play = true) {
    this.shown = made;
    this.at.hidden = false;
    this.at.classList.toggle("image", made.kind === "image");
    const picture = this.part("spectrogram"), audio = this.at.querySelector("audio");
    picture.src = made.picture;
    picture.alt = `${this.title}: ${made.kind === "image" ? "picture" : "spectrogram"}`;
    this.part("facts").textContent = facts;
    const link = document.createElement("a");
    link.download = `sonovae_${this.title.toLowerCase().replaceAll(" ", "_")}.${made.audio ? "wav" : "png"}`;
    link.href = made.audio || made.picture;
    link.textContent = made.audio ? "Download WAV" : "Download PNG";
    link.title = made.said;
    this.part("links").replaceChildren(link);
    if (!made.audio) return;
    this.part("axes").replaceChildren(...["0 s", `up to ${made.khz} kHz · peak ${made.peak_dbfs} dBFS`, `${made.seconds.toFixed(2)} s`].map((text) => {
      const span = document.createElement("span");
      span.textContent = text;
      return span;
    }));
    draw(this.part("wave"), samples(made.audio));
    audio.src = made.audio;
    if (play) audio.play().catch(() => { /* browsers play nothing before a first click */ });
  }

  link(text, action) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", action);
    this.part("links").append(button);
  }
}

// Return the 16-bit samples of a WAV in a data URL.
function samples(address) {
  const bytes = Uint8Array.from(atob(address.split(",")[1]), (c) => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = view.getUint32(at + 4, true);
    if (view.getUint32(at, false) === 0x64617461) return new Int16Array(bytes.buffer.slice(at + 8, at + 8 + size - (size % 2)));
    at += 8 + size + (size % 2);
  }
  return new Int16Array();
}

function draw(canvas, wave) {
  canvas.width = canvas.clientWidth * devicePixelRatio;
  canvas.height = canvas.clientHeight * devicePixelRatio;
  const pen = canvas.getContext("2d"), middle = canvas.height / 2;
  const most = Math.max(1, wave.reduce((most, each) => Math.max(most, Math.abs(each)), 0));
  canvas.setAttribute("aria-label", "waveform, drawn to its own peak");
  pen.fillStyle = getComputedStyle(canvas).getPropertyValue("--accent");
  for (let x = 0; x < canvas.width; x++) {
    const some = wave.subarray(Math.floor(x * wave.length / canvas.width), Math.ceil((x + 1) * wave.length / canvas.width));
    const high = some.reduce((a, b) => Math.max(a, b), 0), low = some.reduce((a, b) => Math.min(a, b), 0);
    pen.fillRect(x, middle - high / most * middle * 0.95, 1, Math.max(1, (high - low) / most * middle * 0.95));
  }
}
