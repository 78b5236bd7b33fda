// Makes resources/icons: a report of eight bits on the anvil, one of them hot.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { png, svg } from './lib/picture.ts';

const icons = resolve(dirname(fileURLToPath(import.meta.url)), '../resources/icons');
const SIZE = 64;
const HOT = 5;
const SET = new Set([0, 1, 3, 6]);

const shapes = [{ kind: 'rectangle', x: 2, y: 2, width: 60, height: 60, radius: 13, fill: '#1b2a52' }];
for (let bit = 0; bit < 8; bit++) {
  const fill = bit === HOT ? '#ffb347' : SET.has(bit) ? '#8fb4ff' : '#3a4d80';
  const [y, height] = bit === HOT ? [12, 15] : [17, 10];
  shapes.push({ kind: 'rectangle', x: 8 + bit * 6.125, y, width: 5, height, radius: 1.4, fill });
}
shapes.push({
  kind: 'polygon',
  fill: '#e8eefc',
  points: [
    [17, 30],
    [56, 30],
    [56, 37],
    [43, 39.5],
    [39, 43],
    [39, 46],
    [46, 50],
    [46, 54],
    [20, 54],
    [20, 50],
    [27, 46],
    [27, 43],
    [24, 40.5],
    [17, 39.5],
    [8, 32.5],
    [17, 32.5],
  ],
});

mkdirSync(icons, { recursive: true });
writeFileSync(join(icons, 'hidsmith.svg'), svg(SIZE, 'Hidsmith', shapes));
writeFileSync(join(icons, 'hidsmith.png'), png(SIZE, 8, shapes));
console.log('icons: hidsmith.svg, hidsmith.png (512 × 512)');
