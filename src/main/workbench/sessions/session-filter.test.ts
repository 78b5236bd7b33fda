import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../../engine/base/index.ts';
import { compileFilter, type FilterSubject } from './session-filter.ts';

const subject: FilterSubject = {
  id: 8,
  size: 10,
  time: 1.5,
  device: 0,
  verdict: 'changed',
  byte: (index) => [8, 0x91, 0xa3][index],
  field: (name) => ({ 'tip pressure': 120, x: -4 })[name.toLowerCase()],
};
const matches = (text: string): boolean => compileFilter(text).matches(subject);

describe('session filter', () => {
  it('compares columns, bytes and fields', () => {
    expect(matches('')).toBe(true);
    expect(matches('id == 8 && changed')).toBe(true);
    expect(matches('id == 3 || dropped')).toBe(false);
    expect(matches('!(pass || dropped)')).toBe(true);
    expect(matches('byte[1] & 0x80')).toBe(true);
    expect(matches('byte[1] & 0x40')).toBe(false);
    expect(matches('"Tip Pressure" >= 120 && X < 0 && x == -4')).toBe(true);
    expect(matches('tip_pressure > 120')).toBe(false);
    expect(matches('time > 1.4 && time <= 1.5 && size == 10')).toBe(true);
    expect(matches('No_Such_Field == 1')).toBe(false);
  });

  it('says whether it needs decoded fields', () => {
    expect(compileFilter('id == 1 && byte[0] == 2').usesFields).toBe(false);
    expect(compileFilter('X > 1').usesFields).toBe(true);
  });

  it('says where a filter cannot be read', () => {
    expect(() => compileFilter('id ==')).toThrow('filter: a value expected at character 6, found the end');
    expect(() => compileFilter('id = 3')).toThrow("filter: cannot read '= 3' at character 3");
    expect(() => compileFilter('(changed')).toThrow("filter: ')' expected at character 9, found the end");
    expect(() => compileFilter('changed dropped')).toThrow(
      "filter: && or || expected at character 8, found 'dropped'",
    );
  });

  it('answers any text with a filter or a typed error', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          compileFilter(text).matches(subject);
        } catch (error) {
          expect(error).toBeInstanceOf(EngineError);
        }
      }),
    );
  });
});
