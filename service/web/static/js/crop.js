// The crop frame over the picture of the query: by mouse, touch, pen and keyboard.

import { el, vary } from "./dom.js";
import { WHOLE } from "./query.js";

const LEAST = 0.05;
const STEP = 0.02;
const BIG_STEP = 0.1;

const HANDLES = {
  nw: "Top left corner", n: "Top edge", ne: "Top right corner", e: "Right edge",
  se: "Bottom right corner", s: "Bottom edge", sw: "Bottom left corner", w: "Left edge",
};

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class CropFrame {
  /**
   * `onChange` hears of every crop that the user has settled on.
   * @param {HTMLImageElement} image
   * @param {Crop} crop
   * @param {(crop: Crop) => void} onChange
   */
  constructor(image, crop, onChange) {
    this.crop = crop;
    this.onChange = onChange;
    this.words = el("p", { className: "unseen", role: "status" });
    this.mover = el("button", { type: "button", className: "crop-move", "aria-label": "Crop frame: arrow keys move it, with Shift further" });
    this.frame = el("div", { className: "crop-frame", role: "group", "aria-label": "Crop" },
      this.mover, .../** @type {(keyof typeof HANDLES)[]} */ (Object.keys(HANDLES)).map((side) => this.#handle(side)));
    this.element = el("div", { className: "crop" }, image, this.frame, this.words);
    this.#steer(this.mover, "move");
    this.#place();
  }

  get isWhole() {
    return this.crop.width === 1 && this.crop.height === 1;
  }

  /** @param {Crop} crop */
  set(crop) {
    this.crop = crop;
    this.#place();
    this.onChange(crop);
  }

  /** @param {keyof typeof HANDLES} side */
  #handle(side) {
    const label = `${HANDLES[side]}: arrow keys resize the crop`;
    const handle = el("button", { type: "button", className: `crop-handle ${side}`, "aria-label": label });
    this.#steer(handle, side);
    return handle;
  }

  /**
   * @param {HTMLElement} element
   * @param {string} side
   */
  #steer(element, side) {
    element.addEventListener("pointerdown", (event) => this.#drag(event, element, side));
    element.addEventListener("keydown", (event) => {
      const way = ARROWS[event.key];
      if (way === undefined) return;
      event.preventDefault();
      const step = event.shiftKey ? BIG_STEP : STEP;
      this.set(moved(this.crop, side, way[0] * step, way[1] * step));
      this.words.textContent = inWords(this.crop);
    });
  }

  /**
   * @param {PointerEvent} event
   * @param {HTMLElement} element
   * @param {string} side
   */
  #drag(event, element, side) {
    const drawing = side === "move" && this.isWhole;
    // A finger on the whole picture scrolls the page; a mouse draws a new frame.
    if (event.button !== 0 || (drawing && event.pointerType === "touch")) return;
    event.preventDefault();
    element.focus();
    element.setPointerCapture(event.pointerId);
    const box = this.element.getBoundingClientRect();
    /** @type {(event: PointerEvent) => [number, number]} */
    const at = ({ clientX, clientY }) => [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
    const [x, y] = at(event);
    const before = this.crop;
    /** @param {PointerEvent} next */
    const follow = (next) => {
      const [toX, toY] = at(next);
      this.crop = drawing ? between(x, y, toX, toY) : moved(before, side, toX - x, toY - y);
      this.#place();
    };
    const settle = () => {
      element.removeEventListener("pointermove", follow);
      if (this.crop !== before) this.onChange(this.crop);
    };
    element.addEventListener("pointermove", follow);
    element.addEventListener("lostpointercapture", settle, { once: true });
  }

  #place() {
    /** @param {number} part */
    const percent = (part) => `${part * 100}%`;
    const { x, y, width, height } = this.crop;
    vary(this.frame, { x: percent(x), y: percent(y), width: percent(width), height: percent(height) });
    this.element.classList.toggle("whole", this.isWhole);
  }
}

/**
 * The crop after dragging one of its sides, or all of it, by fractions of the picture.
 * @param {Crop} crop
 * @param {string} side
 * @param {number} dx
 * @param {number} dy
 * @returns {Crop}
 */
export function moved(crop, side, dx, dy) {
  if (side === "move") {
    const { width, height } = crop;
    return { x: clamp(crop.x + dx, 0, 1 - width), y: clamp(crop.y + dy, 0, 1 - height), width, height };
  }
  let [left, top, right, bottom] = [crop.x, crop.y, crop.x + crop.width, crop.y + crop.height];
  if (side.includes("w")) left = clamp(left + dx, 0, right - LEAST);
  if (side.includes("e")) right = clamp(right + dx, left + LEAST, 1);
  if (side.includes("n")) top = clamp(top + dy, 0, bottom - LEAST);
  if (side.includes("s")) bottom = clamp(bottom + dy, top + LEAST, 1);
  return cropFrom(left, top, right, bottom);
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} toX
 * @param {number} toY
 */
function between(x, y, toX, toY) {
  const [left, right] = span(x, toX);
  const [top, bottom] = span(y, toY);
  return cropFrom(left, top, right, bottom);
}

/**
 * @param {number} from
 * @param {number} to
 * @returns {[number, number]}
 */
function span(from, to) {
  const least = clamp(Math.min(from, to), 0, 1 - LEAST);
  return [least, clamp(Math.max(from, to), least + LEAST, 1)];
}

// Six decimals, so that x + width never passes 1 by a rounding error.
/** @param {number} part */
const round = (part) => Math.round(part * 1e6) / 1e6;

/**
 * @param {number} left
 * @param {number} top
 * @param {number} right
 * @param {number} bottom
 * @returns {Crop}
 */
function cropFrom(left, top, right, bottom) {
  const [x, y] = [round(left), round(top)];
  const crop = { x, y, width: round(round(right) - x), height: round(round(bottom) - y) };
  return crop.width === 1 && crop.height === 1 ? WHOLE : crop;
}

/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

/** @param {Crop} crop */
function inWords({ x, y, width, height }) {
  /** @param {number} part */
  const percent = (part) => `${Math.round(part * 100)} %`;
  return `Crop: ${percent(width)} of the width from ${percent(x)}, ${percent(height)} of the height from ${percent(y)}`;
}
