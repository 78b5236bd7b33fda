import { type TimelineView } from '../../../../preload/contract/index.ts';
import { count } from '../../state/format.ts';
import { type TimeRange } from '../../state/session-state.svelte.ts';

/** Pixels at the left that the titles of lanes and plots take. */
export const LABELS = 108;
const RIGHT = 12;
export const LANE = 24;
export const PLOT = 38;
const AXIS = 18;
/** Pixels without a report that end a plot's line. */
const GAP = 24;

export interface Colours {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly accent: string;
  readonly changed: string;
  readonly dropped: string;
  readonly report: string;
  readonly hues: readonly string[];
  readonly font: string;
}

/** The theme's colours as the canvas needs them. */
export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const get = (name: string): string => style.getPropertyValue(name).trim();
  return {
    text: get('--text'),
    muted: get('--muted'),
    line: get('--line'),
    accent: get('--accent'),
    changed: get('--changed'),
    dropped: get('--dropped'),
    report: get('--f0'),
    hues: Array.from({ length: 8 }, (_, i) => get(`--f${i}`)),
    font: get('--ui'),
  };
}

/** Where times lie on the canvas. */
export interface Scale {
  readonly range: TimeRange;
  readonly width: number;
  toX(time: number): number;
  toTime(x: number): number;
}

export function scaleOf(range: TimeRange, width: number): Scale {
  const inner = Math.max(1, width - LABELS - RIGHT);
  const span = Math.max(1, range.end - range.start);
  return {
    range,
    width,
    toX: (time) => LABELS + ((time - range.start) / span) * inner,
    toTime: (x) => Math.max(range.start, Math.min(range.end, range.start + ((x - LABELS) / inner) * span)),
  };
}

/** Buckets that a canvas of this width can show: about two pixels each, in steps so that resizing asks seldom. */
export function bucketsFor(width: number): number {
  return Math.max(50, Math.floor((width - LABELS - RIGHT) / 100) * 50);
}

export function heightOf(view: TimelineView): number {
  return view.lanes.length * LANE + view.plots.length * PLOT + AXIS + 6;
}

function drawLane(
  context: CanvasRenderingContext2D,
  lane: TimelineView['lanes'][number],
  y: number,
  scale: Scale,
  colours: Colours,
): void {
  const inner = scale.width - LABELS - RIGHT;
  const step = inner / Math.max(1, lane.reports.length);
  let most = 1;
  for (const reports of lane.reports) most = Math.max(most, reports);
  lane.reports.forEach((reports, i) => {
    if (reports === 0) return;
    const x = LABELS + i * step;
    const width = Math.max(1, step - (step > 3 ? 1 : 0.4));
    // Even a single report among thousands is seen: a quarter of the height at least.
    const height = Math.round((LANE - 8) * (0.25 + 0.75 * (reports / most)));
    const changed = lane.changed[i] ?? 0;
    const dropped = lane.dropped[i] ?? 0;
    const base = y + LANE - 4;
    context.fillStyle = changed > 0 ? colours.changed : colours.report;
    context.globalAlpha = changed > 0 ? 0.95 : 0.7;
    if (dropped < reports) context.fillRect(x, base - height, width, height);
    context.globalAlpha = 1;
    if (dropped === 0) return;
    // Hollow, and as high as the lane: dropped reports are few and must not be overlooked.
    context.strokeStyle = colours.dropped;
    context.lineWidth = 1;
    context.strokeRect(Math.round(x) + 0.5, y + 3.5, Math.max(2, Math.round(width)), LANE - 7);
  });
}

function drawPlot(
  context: CanvasRenderingContext2D,
  plot: TimelineView['plots'][number],
  y: number,
  scale: Scale,
  colours: Colours,
): void {
  let low = Infinity;
  let high = -Infinity;
  for (const value of plot.values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!Number.isFinite(low)) return;
  const span = high - low || 1;
  const toY = (value: number): number => y + PLOT - 5 - ((value - low) / span) * (PLOT - 10);
  context.strokeStyle = colours.hues[plot.hue & 7] ?? colours.accent;
  context.lineWidth = 1.4;
  context.lineJoin = 'round';
  context.beginPath();
  let last = -Infinity;
  plot.times.forEach((time, i) => {
    const x = scale.toX(time);
    const at = toY(plot.values[i] ?? 0);
    // Where nothing was reported for long nobody knows the value: no line.
    if (x - last > GAP) context.moveTo(x - 0.7, at);
    context.lineTo(x, at);
    last = x;
  });
  context.stroke();
  context.fillStyle = colours.muted;
  context.font = `10px ${colours.font}`;
  context.textAlign = 'right';
  context.fillText(count(high), LABELS - 6, y + 12);
  context.fillText(count(low), LABELS - 6, y + PLOT - 5);
}

/** A round step of 1, 2 or 5 that gives about one tick every 110 pixels, in microseconds. */
function tickStep(scale: Scale): number {
  const span = scale.range.end - scale.range.start;
  const wish = (span / Math.max(1, scale.width - LABELS)) * 110;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, wish)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= wish) ?? power;
}

function drawAxis(context: CanvasRenderingContext2D, y: number, scale: Scale, colours: Colours): void {
  const step = tickStep(scale);
  const digits = Math.max(0, Math.min(6, 6 - Math.floor(Math.log10(step))));
  context.font = `10px ${colours.font}`;
  context.textAlign = 'left';
  for (let time = Math.ceil(scale.range.start / step) * step; time <= scale.range.end; time += step) {
    const x = Math.round(scale.toX(time)) + 0.5;
    context.strokeStyle = colours.line;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, y + 4);
    context.stroke();
    context.fillStyle = colours.muted;
    if (x > LABELS + 2 && x < scale.width - 48)
      context.fillText(`${(time / 1e6).toFixed(digits)} s`, x + 3, y + 12);
  }
}

function title(context: CanvasRenderingContext2D, text: string, y: number, room: number): void {
  let shown = text;
  while (shown.length > 3 && context.measureText(shown).width > room) shown = `${shown.slice(0, -2)}…`;
  context.fillText(shown, 10, y);
}

/** Draws lanes, plots and axis; brush and playhead lie above as elements. */
export function draw(
  context: CanvasRenderingContext2D,
  view: TimelineView,
  scale: Scale,
  height: number,
  colours: Colours,
): void {
  context.clearRect(0, 0, scale.width, height);
  const bottom = view.lanes.length * LANE + view.plots.length * PLOT + 3;
  drawAxis(context, bottom, scale, colours);
  let y = 3;
  for (const lane of view.lanes) {
    drawLane(context, lane, y, scale, colours);
    y += LANE;
  }
  for (const plot of view.plots) {
    drawPlot(context, plot, y, scale, colours);
    y += PLOT;
  }
  context.textAlign = 'left';
  context.fillStyle = colours.text;
  context.font = `11px ${colours.font}`;
  view.lanes.forEach((lane, i) => title(context, lane.title, 3 + i * LANE + 16, LABELS - 16));
  view.plots.forEach((plot, i) =>
    title(context, plot.name, 3 + view.lanes.length * LANE + i * PLOT + PLOT / 2 + 4, LABELS - 50),
  );
}
