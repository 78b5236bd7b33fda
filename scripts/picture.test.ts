import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { REPOSITORY } from '../src/main/engine/testing/shared.ts';
import { png, svg, type Shape } from './lib/picture.ts';

const shapes: Shape[] = [
  { kind: 'rectangle', x: 0, y: 0, width: 4, height: 4, radius: 0, fill: '#102030' },
  {
    kind: 'polygon',
    points: [
      [2, 0],
      [4, 0],
      [4, 4],
      [2, 4],
    ],
    fill: '#ff8000',
  },
];

test('a PNG of two shapes has the colours of the upper one where it lies, and is clear where nothing is', () => {
  const file = Buffer.from(png(6, 1, shapes));
  expect(file.subarray(1, 4).toString()).toBe('PNG');
  expect([file.readUInt32BE(16), file.readUInt32BE(20)]).toEqual([6, 6]);
  const rows = inflateSync(file.subarray(file.indexOf('IDAT') + 4));
  const at = (x: number, y: number): number[] => [...rows.subarray(y * 25 + 1 + x * 4, y * 25 + 5 + x * 4)];
  expect(at(0, 0)).toEqual([0x10, 0x20, 0x30, 255]);
  expect(at(3, 2)).toEqual([0xff, 0x80, 0x00, 255]);
  expect(at(5, 5)).toEqual([0, 0, 0, 0]);
});

test('an edge through a pixel covers part of it', () => {
  const half: Shape[] = [
    { kind: 'rectangle', x: 0, y: 0, width: 0.5, height: 1, radius: 0, fill: '#ffffff' },
  ];
  const rows = inflateSync(Buffer.from(png(1, 1, half)).subarray(41));
  expect([...rows.subarray(1, 5)]).toEqual([255, 255, 255, 128]);
});

test('the same shapes as SVG', () => {
  expect(svg(6, 'Two', shapes)).toContain('<polygon points="2,0 4,0 4,4 2,4" fill="#ff8000"/>');
});

test('the icon is there in both forms', () => {
  const icon = readFileSync(resolve(REPOSITORY, 'resources/icons/hidsmith.png'));
  expect([icon.readUInt32BE(16), icon.readUInt32BE(20)]).toEqual([512, 512]);
  expect(readFileSync(resolve(REPOSITORY, 'resources/icons/hidsmith.svg'), 'utf8')).toMatch(
    /^<svg .*<\/svg>\n$/s,
  );
});
