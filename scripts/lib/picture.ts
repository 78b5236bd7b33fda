import { deflateSync } from 'node:zlib';

/** A filled shape on a square canvas; colours are #rrggbb. */
export type Shape =
  | { kind: 'rectangle'; x: number; y: number; width: number; height: number; radius: number; fill: string }
  | { kind: 'polygon'; points: readonly (readonly [number, number])[]; fill: string };

/** The shapes as an SVG image. */
export function svg(size: number, title: string, shapes: readonly Shape[]): string {
  const lines = shapes.map((shape) =>
    shape.kind === 'rectangle'
      ? `  <rect x="${shape.x}" y="${shape.y}" width="${shape.width}" height="${shape.height}" rx="${shape.radius}" fill="${shape.fill}"/>`
      : `  <polygon points="${shape.points.map((p) => p.join(',')).join(' ')}" fill="${shape.fill}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" role="img" aria-label="${title}">
  <title>${title}</title>
${lines.join('\n')}
</svg>
`;
}

/** The shapes as a PNG with transparency, edges smoothed with 4 × 4 samples a pixel. `scale` is pixels per unit. */
export function png(size: number, scale: number, shapes: readonly Shape[]): Uint8Array {
  const pixels = size * scale;
  const rows = new Uint8Array(pixels * (1 + pixels * 4));
  for (let y = 0; y < pixels; y++)
    for (let x = 0; x < pixels; x++) rows.set(pixel(shapes, x, y, scale), y * (1 + pixels * 4) + 1 + x * 4);
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, pixels);
  view.setUint32(4, pixels);
  head.set([8, 6, 0, 0, 0], 8);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const parts = [
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', new Uint8Array()),
  ];
  return Uint8Array.from(Buffer.concat(parts));
}

const SAMPLES = 4;

function pixel(all: readonly Shape[], x: number, y: number, scale: number): number[] {
  const shapes = all.filter((shape) => near(shape, x / scale, y / scale, 1 / scale));
  let [red, green, blue, covered] = [0, 0, 0, 0];
  for (let i = 0; i < SAMPLES * SAMPLES; i++) {
    const px = (x + ((i % SAMPLES) + 0.5) / SAMPLES) / scale;
    const py = (y + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES) / scale;
    const top = shapes.findLast((shape) => contains(shape, px, py));
    if (top === undefined) continue;
    const colour = parseInt(top.fill.slice(1), 16);
    red += colour >> 16;
    green += (colour >> 8) & 0xff;
    blue += colour & 0xff;
    covered++;
  }
  if (covered === 0) return [0, 0, 0, 0];
  const mean = (sum: number): number => Math.round(sum / covered);
  return [mean(red), mean(green), mean(blue), Math.round((covered * 255) / SAMPLES ** 2)];
}

/** Whether the shape's bounding box touches a pixel. */
function near(shape: Shape, x: number, y: number, width: number): boolean {
  const xs = shape.kind === 'polygon' ? shape.points.map((p) => p[0]) : [shape.x, shape.x + shape.width];
  const ys = shape.kind === 'polygon' ? shape.points.map((p) => p[1]) : [shape.y, shape.y + shape.height];
  return (
    Math.min(...xs) <= x + width &&
    x <= Math.max(...xs) &&
    Math.min(...ys) <= y + width &&
    y <= Math.max(...ys)
  );
}

function contains(shape: Shape, x: number, y: number): boolean {
  if (shape.kind === 'polygon') return inPolygon(shape.points, x, y);
  const { radius } = shape;
  const dx = Math.max(shape.x + radius - x, x - (shape.x + shape.width - radius), 0);
  const dy = Math.max(shape.y + radius - y, y - (shape.y + shape.height - radius), 0);
  return dx * dx + dy * dy <= radius * radius;
}

function inPolygon(points: readonly (readonly [number, number])[], x: number, y: number): boolean {
  let inside = false;
  points.forEach(([ax, ay], i) => {
    const [bx, by] = points[(i + 1) % points.length] ?? [0, 0];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  });
  return inside;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
