// A canvas to draw on with a pointer or with the keyboard.
const SIZE = 105; // pixels sent to the server, as many as Omniglot's drawings have
const WIDTH = 9; // of the pen on the canvas
const STEP = 7; // of the pen with the keyboard

export class Pad {
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d', { willReadFrequently: true });
    this.changed = changed;
    this.pen = { x: canvas.width / 2, y: canvas.height / 2 };
    this.drawing_ = false;
    this.clear();
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return {
        x: ((event.clientX - box.left) * canvas.width) / box.width,
        y: ((event.clientY - box.top) * canvas.height) / box.height,
      };
    };
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.pen = at(event);
      this.line(this.pen);
      this.drawing_ = true;
    });
    canvas.addEventListener('pointermove', (event) => this.drawing_ && this.line(at(event)));
    for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => this.stop());
    canvas.addEventListener('keydown', (event) => this.key(event));
    canvas.addEventListener('keyup', (event) => event.key === ' ' && this.stop());
    canvas.addEventListener('blur', () => this.stop());
    canvas.addEventListener('focus', () => this.render());
  }

  key(event) {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!move && event.key !== ' ' && event.key !== 'Escape') return;
    event.preventDefault();
    if (event.key === 'Escape') return this.clear();
    if (event.key === ' ') {
      this.drawing_ = true;
      return this.line(this.pen);
    }
    const clamp = (value) => Math.min(Math.max(value, 0), this.canvas.width);
    const to = { x: clamp(this.pen.x + STEP * move[0]), y: clamp(this.pen.y + STEP * move[1]) };
    if (this.drawing_) this.line(to);
    this.pen = to;
    this.render();
  }

  line(to) {
    this.strokes.push([this.pen, to]);
    this.pen = to;
    this.empty = false;
    this.render();
  }

  stop() {
    if (this.drawing_) this.changed();
    this.drawing_ = false;
    this.render();
  }

  clear() {
    this.strokes = [];
    this.empty = true;
    this.render();
    this.changed();
  }

  render() {
    this.paint(this.context, this.canvas.width);
    if (document.activeElement === this.canvas && this.canvas.matches(':focus-visible')) {
      this.context.fillStyle = '#b4440c';
      this.context.beginPath();
      this.context.arc(this.pen.x, this.pen.y, 4, 0, 7);
      this.context.fill();
    }
  }

  paint(context, size) {
    context.setTransform(size / this.canvas.width, 0, 0, size / this.canvas.height, 0, 0);
    context.fillStyle = '#fff';
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    context.lineWidth = WIDTH;
    context.lineCap = context.lineJoin = 'round';
    context.strokeStyle = '#000';
    for (const [from, to] of this.strokes) {
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
      context.stroke();
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  small() {
    const canvas = new OffscreenCanvas(SIZE, SIZE);
    const context = canvas.getContext('2d');
    this.paint(context, SIZE);
    return context.getImageData(0, 0, SIZE, SIZE);
  }

  // What the server takes: RGBA bytes as base64.
  drawing() {
    const { data } = this.small();
    let text = '';
    for (const byte of data) text += String.fromCharCode(byte);
    return { width: SIZE, height: SIZE, rgba: btoa(text) };
  }

  image() {
    const canvas = Object.assign(document.createElement('canvas'), { width: SIZE, height: SIZE });
    this.paint(canvas.getContext('2d'), SIZE);
    return canvas.toDataURL();
  }
}
