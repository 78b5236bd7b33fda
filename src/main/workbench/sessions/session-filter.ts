import { EngineError } from '../../engine/base/index.ts';
import { type Verdict } from '../../../preload/contract/index.ts';

/** What a filter may ask of one report. */
export interface FilterSubject {
  readonly id: number;
  readonly size: number;
  /** Seconds since the recording's start. */
  readonly time: number;
  readonly device: number;
  readonly verdict: Verdict;
  /** Byte N after the driver (before it where the report was dropped). */
  byte(index: number): number | undefined;
  /** A field's logical value by its name, case ignored: the first field with that name. */
  field(name: string): number | undefined;
}

export interface SessionFilter {
  matches(subject: FilterSubject): boolean;
  /** True if it needs decoded fields, which cost more than a look at the columns. */
  readonly usesFields: boolean;
}

type Value = number | string | boolean | undefined;
type Evaluate = (subject: FilterSubject) => Value;

interface Token {
  readonly kind: 'number' | 'string' | 'word' | 'symbol' | 'end';
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  /\s*(?:(0x[0-9a-f]+|\d+(?:\.\d+)?)|"([^"]*)"|([A-Za-z_][A-Za-z0-9_.]*)|(&&|\|\||==|!=|<=|>=|[()<>![\]&-]))/iy;
const VERDICTS: readonly string[] = ['pass', 'changed', 'dropped', 'injected'];

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match)
      throw new EngineError('parse', `filter: cannot read '${text.slice(at).trim()}' at character ${at + 1}`);
    const [, number, string, word, symbol] = match;
    if (number !== undefined) tokens.push({ kind: 'number', text: number, at });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string, at });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, at });
    else tokens.push({ kind: 'symbol', text: symbol ?? '', at });
  }
  tokens.push({ kind: 'end', text: 'the end', at: text.length });
  return tokens;
}

const COMPARE: Readonly<Record<string, (left: Value, right: Value) => boolean>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => typeof left === 'number' && typeof right === 'number' && left < right,
  '<=': (left, right) => typeof left === 'number' && typeof right === 'number' && left <= right,
  '>': (left, right) => typeof left === 'number' && typeof right === 'number' && left > right,
  '>=': (left, right) => typeof left === 'number' && typeof right === 'number' && left >= right,
};

/** Recursive descent over: or = and {'||' and}; and = not {'&&' not}; not = '!' not | comparison; comparison = mask [op mask]. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  usesFields = false;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  #peek(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #take(symbol: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'symbol' || token.text !== symbol) return false;
    this.#at++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#take(symbol)) this.#fail(`'${symbol}' expected`);
  }

  #fail(why: string): never {
    const token = this.#peek();
    throw new EngineError(
      'parse',
      `filter: ${why} at character ${token.at + 1}, found ${token.kind === 'end' ? token.text : `'${token.text}'`}`,
    );
  }

  parse(): Evaluate {
    const result = this.#or();
    if (this.#peek().kind !== 'end') this.#fail('&& or || expected');
    return result;
  }

  #or(): Evaluate {
    let left = this.#and();
    while (this.#take('||')) {
      const [first, second] = [left, this.#and()];
      left = (subject) => truth(first(subject)) || truth(second(subject));
    }
    return left;
  }

  #and(): Evaluate {
    let left = this.#not();
    while (this.#take('&&')) {
      const [first, second] = [left, this.#not()];
      left = (subject) => truth(first(subject)) && truth(second(subject));
    }
    return left;
  }

  #not(): Evaluate {
    if (this.#take('!')) {
      const inner = this.#not();
      return (subject) => !truth(inner(subject));
    }
    return this.#comparison();
  }

  #comparison(): Evaluate {
    const left = this.#mask();
    const token = this.#peek();
    const compare = token.kind === 'symbol' ? COMPARE[token.text] : undefined;
    if (compare === undefined) return left;
    this.#at++;
    const right = this.#mask();
    return (subject) => compare(left(subject), right(subject));
  }

  #mask(): Evaluate {
    const left = this.#primary();
    if (!this.#take('&')) return left;
    const right = this.#primary();
    return (subject) => {
      const [a, b] = [left(subject), right(subject)];
      return typeof a === 'number' && typeof b === 'number' ? a & b : undefined;
    };
  }

  #primary(): Evaluate {
    if (this.#take('(')) {
      const inner = this.#or();
      this.#expect(')');
      return inner;
    }
    if (this.#take('-')) {
      const inner = this.#primary();
      return (subject) => {
        const value = inner(subject);
        return typeof value === 'number' ? -value : undefined;
      };
    }
    const token = this.#peek();
    if (token.kind === 'symbol' || token.kind === 'end') this.#fail('a value expected');
    this.#at++;
    if (token.kind === 'number') {
      const value = Number(token.text);
      return () => value;
    }
    return token.kind === 'string' ? this.#field(token.text) : this.#word(token.text);
  }

  #word(word: string): Evaluate {
    if (VERDICTS.includes(word)) return (subject) => subject.verdict === word;
    switch (word) {
      case 'id':
        return (subject) => subject.id;
      case 'size':
        return (subject) => subject.size;
      case 'time':
        return (subject) => subject.time;
      case 'device':
        return (subject) => subject.device;
      case 'byte': {
        this.#expect('[');
        const index = this.#primary();
        this.#expect(']');
        return (subject) => {
          const at = index(subject);
          return typeof at === 'number' ? subject.byte(at) : undefined;
        };
      }
      default:
        return this.#field(word.replaceAll('_', ' '));
    }
  }

  #field(name: string): Evaluate {
    this.usesFields = true;
    return (subject) => subject.field(name);
  }
}

function truth(value: Value): boolean {
  return value !== undefined && value !== false && value !== 0;
}

/**
 * Compiles a filter such as `id == 8 && changed`, `byte[2] & 0x80` or `"Tip Pressure" > 100 || !pass`. A field's name stands
 * in quotes, or with `_` for each blank. A report without the field does not match. Throws `parse` with the place.
 */
export function compileFilter(text: string): SessionFilter {
  if (text.trim() === '') return { matches: () => true, usesFields: false };
  const parser = new Parser(tokenize(text));
  const evaluate = parser.parse();
  return { matches: (subject) => truth(evaluate(subject)), usesFields: parser.usesFields };
}
