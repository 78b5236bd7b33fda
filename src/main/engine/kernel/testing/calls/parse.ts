import { EngineError } from '../../../base/index.ts';

/** What stands on the right of a `=` in a list of calls. */
export type CallValue =
  /** A number, a constant's name or several of them joined by `|`: what it means depends on the field. */
  | { readonly kind: 'word'; readonly text: string }
  /** `$name`: the result of an earlier step. */
  | { readonly kind: 'result'; readonly name: string }
  /** `"text"`: a NUL-terminated string in the caller's memory, or the field itself where that is a name. */
  | { readonly kind: 'text'; readonly text: string }
  /** `[01 02]`: bytes in the caller's memory; `$name` inside stands for a result as four bytes. */
  | { readonly kind: 'bytes'; readonly words: readonly string[] }
  /** `{r0 = 0; exit}`: instructions in the kernel's notation. */
  | { readonly kind: 'program'; readonly text: string }
  /** `btf(…)`: BTF written as type records. */
  | { readonly kind: 'btf'; readonly text: string }
  /** `?8`, `?log:100`, `?prog:232(…)`: a buffer that the kernel writes to, shown after the call. */
  | {
      readonly kind: 'buffer';
      readonly shape: string;
      readonly size: number;
      readonly fields: readonly CallField[];
    };

export interface CallField {
  readonly name: string;
  readonly value: CallValue;
}

/** One line of a list of calls. */
export interface CallStep {
  readonly line: number;
  readonly text: string;
  /** What `$name` will mean, if the step has a name. */
  readonly name: string | undefined;
  readonly verb: string;
  /** `field=value` pairs. */
  readonly fields: readonly CallField[];
  /** Values without a field's name. */
  readonly values: readonly CallValue[];
}

/** Steps under one heading: they start with no descriptor open and nothing pinned. */
export interface CallSection {
  readonly title: string;
  readonly steps: readonly CallStep[];
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

function problem(line: number, what: string): EngineError {
  return new EngineError('parse', `calls, line ${line}: ${what}`, { line });
}

/** Splits at blanks that lie in no bracket and no quotes. */
function words(text: string, line: number): string[] {
  const out: string[] = [];
  const open: string[] = [];
  let word = '';
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (!quoted) {
      if (CLOSING[character] !== undefined) open.push(CLOSING[character]);
      else if (character === open.at(-1)) open.pop();
    }
    if (/\s/.test(character) && !quoted && open.length === 0) {
      if (word !== '') out.push(word);
      word = '';
    } else word += character;
  }
  if (quoted || open.length > 0) throw problem(line, `'${open.at(-1) ?? '"'}' is missing`);
  return word === '' ? out : [...out, word];
}

function parseValue(text: string, line: number): CallValue {
  const inner = text.slice(1, -1);
  if (text.startsWith('"')) return { kind: 'text', text: inner };
  if (text.startsWith('[')) return { kind: 'bytes', words: inner.split(/\s+/).filter((word) => word !== '') };
  if (text.startsWith('{')) return { kind: 'program', text: inner };
  if (text.startsWith('btf(')) return { kind: 'btf', text: text.slice(4, -1) };
  if (text.startsWith('$')) return { kind: 'result', name: text.slice(1) };
  const buffer = /^\?(?:([a-z]+):)?(\d+)(?:\((.*)\))?$/s.exec(text);
  if (buffer !== null) {
    const fields = words(buffer[3] ?? '', line).map((word) => parseField(word, line));
    return { kind: 'buffer', shape: buffer[1] ?? 'bytes', size: Number(buffer[2]), fields };
  }
  if (!/^[\w|.@-]+$/.test(text)) throw problem(line, `'${text}' is no value`);
  return { kind: 'word', text };
}

function parseField(text: string, line: number): CallField {
  const split = text.indexOf('=');
  if (split <= 0) throw problem(line, `'${text}' is no field=value`);
  return { name: text.slice(0, split), value: parseValue(text.slice(split + 1), line) };
}

function parseStep(text: string, line: number): CallStep {
  const named = /^([a-z]\w*) = (.*)$/s.exec(text);
  const [verb, ...rest] = words(named?.[2] ?? text, line);
  if (verb === undefined) throw problem(line, 'nothing to do');
  const isField = (word: string): boolean => /^[\w@.]+=/.test(word);
  return {
    line,
    text,
    name: named?.[1],
    verb,
    fields: rest.filter(isField).map((word) => parseField(word, line)),
    values: rest.filter((word) => !isField(word)).map((word) => parseValue(word, line)),
  };
}

/**
 * Reads a list of calls. One step a line, `[name =] VERB field=value …`; a line that begins with blanks goes on from the one
 * before; `## title` begins a section, `#` a comment.
 * @throws EngineError `parse` that names the line
 */
export function parseCalls(text: string): CallSection[] {
  const sections: { title: string; steps: CallStep[] }[] = [];
  const logical: { text: string; line: number }[] = [];
  text.split('\n').forEach((raw, index) => {
    const last = logical.at(-1);
    if (/^\s+\S/.test(raw) && last !== undefined) last.text += ` ${raw.trim()}`;
    else if (raw.trim() !== '') logical.push({ text: raw.trimEnd(), line: index + 1 });
  });
  for (const { text: content, line } of logical) {
    if (content.startsWith('## ')) sections.push({ title: content.slice(3), steps: [] });
    else if (!content.startsWith('#')) {
      const section = sections.at(-1);
      if (section === undefined) throw problem(line, 'a step before the first section');
      section.steps.push(parseStep(content, line));
    }
  }
  return sections;
}
