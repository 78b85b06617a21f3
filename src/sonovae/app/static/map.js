// Map of the latent space: points by label, marks of A and B, and a cross that arrow keys move.
const COLOURS = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb", "#ee8866", "#44bb99", "#332288"];

export class LatentMap {
  constructor(canvas, legend, go) {
    Object.assign(this, { canvas, legend, go, points: [], marks: {}, cross: [0, 0], box: [-1, 1, -1, 1] });
    canvas.addEventListener("click", (event) => this.choose(this.placeOf(event)));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("focus", () => this.draw());
    canvas.addEventListener("blur", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  load(map) {
    this.points = map.points;
    const labels = [...new Set(map.points.map((point) => point[2]))].sort();
    this.colour = Object.fromEntries(labels.map((label, n) => [label, labels.length > COLOURS.length
      ? `hsl(${360 * n / labels.length} 65% 55%)` : COLOURS[n]]));
    const [xs, ys] = [0, 1].map((axis) => map.points.map((point) => point[axis]));
    const edge = 1.08 * Math.max(1e-3, ...xs.map(Math.abs), ...ys.map(Math.abs));
    this.box = [-edge, edge, -edge, edge];
    this.legend.replaceChildren(...labels.filter((label) => label).map((label) => {
      const item = document.createElement("li"), dot = document.createElement("span");
      dot.style.background = this.colour[label];
      item.append(dot, label);
      return item;
    }));
    this.draw();
  }

  // A place of null removes a mark: a sound of another length than a clip's is not on the map.
  mark(name, place) { if (place) this.marks[name] = place; else delete this.marks[name]; this.draw(); }

  choose(place) { this.cross = place; this.draw(); this.go(place); }

  key(event) {
    const step = (this.box[1] - this.box[0]) / (event.shiftKey ? 10 : 50);
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (event.key === "Enter" || event.key === " ") this.choose(this.cross);
    else if (moves[event.key]) {
      this.cross = this.cross.map((value, axis) => Math.min(this.box[1], Math.max(this.box[0], value + step * moves[event.key][axis])));
      this.draw();
    } else return;
    event.preventDefault();
  }

  placeOf(event) {
    const frame = this.canvas.getBoundingClientRect(), [left, right, low, high] = this.box;
    return [left + (event.clientX - frame.left) / frame.width * (right - left), high - (event.clientY - frame.top) / frame.height * (high - low)];
  }

  pixel([x, y]) {
    const [left, right, low, high] = this.box;
    return [(x - left) / (right - left) * this.canvas.width, (high - y) / (high - low) * this.canvas.height];
  }

  draw() {
    const { canvas } = this, pen = canvas.getContext("2d"), scale = devicePixelRatio;
    if (!canvas.clientWidth) return;
    canvas.width = canvas.height = canvas.clientWidth * scale;
    for (const [x, y, label] of this.points) {
      pen.fillStyle = this.colour[label];
      pen.globalAlpha = 0.6;
      pen.beginPath();
      pen.arc(...this.pixel([x, y]), 3 * scale, 0, 7);
      pen.fill();
    }
    pen.globalAlpha = 1;
    pen.fillStyle = pen.strokeStyle = getComputedStyle(canvas).color;
    pen.lineWidth = 2 * scale;
    pen.font = `600 ${15 * scale}px system-ui, sans-serif`;
    for (const [name, place] of Object.entries(this.marks)) {
      const [x, y] = this.pixel(place);
      pen.beginPath();
      pen.arc(x, y, 7 * scale, 0, 7);
      pen.stroke();
      pen.fillText(name, x + 10 * scale, y + 5 * scale);
    }
    if (document.activeElement !== canvas) return;
    const [x, y] = this.pixel(this.cross);
    pen.fillRect(x - 12 * scale, y - scale / 2, 24 * scale, scale);
    pen.fillRect(x - scale / 2, y - 12 * scale, scale, 24 * scale);
  }
}
