import { Kind, sizeOf, stripTypedefs, typeAt, type BtfType } from './btf-blob.ts';

const INTEGERS: Readonly<Record<string, string>> = {
  'long unsigned int': 'unsigned long',
  'short unsigned int': 'unsigned short',
  'long long unsigned int': 'unsigned long long',
};

/** Prints types as C declarations, each before its first use by value; pointers only get a forward declaration. */
export class CPrinter {
  readonly #types: readonly BtfType[];
  readonly #done = new Set<number>();
  readonly #forward = new Set<string>();
  readonly #out: string[] = [];

  constructor(types: readonly BtfType[]) {
    this.#types = types;
  }

  /** Everything that has been printed so far. */
  get text(): string {
    return this.#out.join('\n') + '\n';
  }

  /** Prints a named type or an unnamed enumeration with all it needs; printing it twice does nothing. */
  print(id: number): void {
    const type = typeAt(this.#types, id);
    if (type.kind === Kind.ENUM || type.kind === Kind.ENUM64) this.#printEnum(id, type);
    else this.#need(id);
  }

  /** One record by itself, without what it is made of. */
  alone(id: number): string {
    return `${this.#record(typeAt(this.#types, id), '')};\n`;
  }

  #need(id: number): void {
    const type = typeAt(this.#types, id);
    switch (type.kind) {
      case Kind.PTR:
        return this.#needTarget(type.type);
      case Kind.CONST:
      case Kind.VOLATILE:
      case Kind.RESTRICT:
      case Kind.TYPE_TAG:
      case Kind.ARRAY:
        return this.#need(type.type);
      case Kind.FUNC_PROTO:
        this.#needTarget(type.type);
        for (const parameter of type.parameters) this.#needTarget(parameter.type);
        return;
      case Kind.FWD:
        return this.#declare(`${type.flag ? 'union' : 'struct'} ${type.name}`);
      case Kind.TYPEDEF:
        return this.#once(id, () => {
          this.#need(type.type);
          this.#out.push(`typedef ${this.#declaration(type.type, type.name, '')};`);
        });
      case Kind.ENUM:
      case Kind.ENUM64:
        if (type.name !== '') this.#printEnum(id, type);
        return;
      case Kind.STRUCT:
      case Kind.UNION:
        return this.#printRecord(id, type);
    }
  }

  /** What a pointer to the type needs: a declaration is enough for records. */
  #needTarget(id: number): void {
    const type = typeAt(this.#types, id);
    const record = type.kind === Kind.STRUCT || type.kind === Kind.UNION;
    if (record && type.name !== '') this.#declare(`${keyword(type)} ${type.name}`);
    else if (type.kind === Kind.CONST || type.kind === Kind.VOLATILE || type.kind === Kind.PTR)
      this.#needTarget(type.type);
    else this.#need(id);
  }

  #once(id: number, print: () => void): void {
    if (this.#done.has(id)) return;
    this.#done.add(id);
    print();
  }

  #declare(record: string): void {
    if (this.#forward.has(record)) return;
    this.#forward.add(record);
    this.#out.push(`${record};`);
  }

  #printEnum(id: number, type: BtfType): void {
    this.#once(id, () => {
      let expected = 0n;
      const lines = type.enumerators.map(({ name, value }) => {
        const text = value === expected ? `\t${name},` : `\t${name} = ${literal(value)},`;
        expected = value + 1n;
        return text;
      });
      const packed = type.size === 1 ? ' __attribute__((packed))' : '';
      const head = type.name === '' ? 'enum' : `enum ${type.name}`;
      this.#out.push(`\n${head} {\n${lines.join('\n')}\n}${packed};`);
    });
  }

  #printRecord(id: number, type: BtfType): void {
    if (type.name === '') {
      for (const member of type.members) this.#need(member.type);
      return;
    }
    this.#once(id, () => {
      for (const member of type.members) this.#need(member.type);
      this.#forward.add(`${keyword(type)} ${type.name}`);
      this.#out.push(`\n${this.#record(type, '')};`);
    });
  }

  #record(type: BtfType, indent: string): string {
    let end = 0;
    let widest = 1;
    const lines = type.members.map((member) => {
      const natural = member.bits === 0 ? this.#alignment(member.type) : 1;
      const offset = member.offset / 8;
      let gap = '';
      let before = '';
      if (type.kind === Kind.STRUCT && member.bits === 0 && Math.ceil(end / natural) * natural < offset) {
        const alignment =
          [64, 32, 16].find((a) => a > natural && offset % a === 0 && offset - end < a) ?? natural;
        widest = Math.max(widest, alignment);
        if (alignment !== natural) gap = ` __attribute__((aligned(${alignment})))`;
      }
      if (member.bits !== 0 && member.offset % 32 === 0 && member.offset > Math.ceil(end * 8))
        before = `${indent}\tunsigned int : 0;\n`;
      end = member.bits === 0 ? offset + sizeOf(this.#types, member.type) : (member.offset + member.bits) / 8;
      widest = Math.max(widest, natural);
      const bits = member.bits === 0 ? '' : ` : ${member.bits}`;
      return `${before}${indent}\t${this.#declaration(member.type, member.name, indent + '\t')}${gap}${bits};`;
    });
    const size = Math.ceil(end / widest) * widest;
    const alignment =
      type.kind === Kind.STRUCT && size < type.size
        ? [16, 32, 64].find((a) => Math.ceil(end / a) * a === type.size)
        : undefined;
    const attribute = alignment === undefined ? '' : ` __attribute__((aligned(${alignment})))`;
    const opaque = this.#opaqueAlignment(type);
    const head = type.name === '' ? keyword(type) : `${keyword(type)} ${type.name}`;
    return `${head} {\n${lines.join('\n')}\n${indent}}${opaque ?? attribute}`;
  }

  /** A record that is nothing but bytes gets the alignment its size allows, up to 8. */
  #opaqueAlignment(type: BtfType): string | undefined {
    const only = type.members.length === 1 ? type.members[0] : undefined;
    if (only?.name !== '__opaque' || type.size === 0) return undefined;
    if (stripTypedefs(this.#types, stripTypedefs(this.#types, only.type).type).size !== 1) return undefined;
    return ` __attribute__((aligned(${opaqueAlignment(type.size)})))`;
  }

  #alignment(id: number): number {
    const type = stripTypedefs(this.#types, id);
    switch (type.kind) {
      case Kind.PTR:
        return 8;
      case Kind.INT:
      case Kind.ENUM:
      case Kind.ENUM64:
        return Math.min(8, type.size);
      case Kind.ARRAY:
        return this.#alignment(type.type);
      case Kind.STRUCT:
      case Kind.UNION:
        if (this.#opaqueAlignment(type) !== undefined) return opaqueAlignment(type.size);
        return Math.max(1, ...type.members.map((m) => (m.bits === 0 ? this.#alignment(m.type) : 1)));
      default:
        return 1;
    }
  }

  #declaration(id: number, name: string, indent: string): string {
    if (id === 0) return join('void', name);
    const type = typeAt(this.#types, id);
    switch (type.kind) {
      case Kind.PTR: {
        const target = typeAt(this.#types, type.type);
        const wrap = target.kind === Kind.FUNC_PROTO || target.kind === Kind.ARRAY;
        return this.#declaration(type.type, wrap ? `(*${name})` : `*${name}`, indent);
      }
      case Kind.ARRAY:
        return this.#declaration(type.type, `${name}[${type.length}]`, indent);
      case Kind.CONST:
        return typeAt(this.#types, type.type).kind === Kind.PTR
          ? this.#declaration(type.type, `const ${name}`, indent)
          : `const ${this.#declaration(type.type, name, indent)}`;
      case Kind.VOLATILE:
        return `volatile ${this.#declaration(type.type, name, indent)}`;
      case Kind.RESTRICT:
      case Kind.TYPE_TAG:
        return this.#declaration(type.type, name, indent);
      case Kind.FUNC_PROTO:
        return this.#declaration(type.type, `${name}(${this.#parameters(type, indent)})`, indent);
      case Kind.STRUCT:
      case Kind.UNION:
        return join(type.name === '' ? this.#record(type, indent) : `${keyword(type)} ${type.name}`, name);
      case Kind.FWD:
        return join(`${type.flag ? 'union' : 'struct'} ${type.name}`, name);
      case Kind.ENUM:
      case Kind.ENUM64:
        if (type.name !== '') return join(`enum ${type.name}`, name);
        return join(
          `enum { ${type.enumerators.map((e) => `${e.name} = ${literal(e.value)}`).join(', ')} }`,
          name,
        );
      default:
        return join(INTEGERS[type.name] ?? type.name, name);
    }
  }

  #parameters(type: BtfType, indent: string): string {
    if (type.parameters.length === 0) return 'void';
    return type.parameters
      .map((p) => (p.type === 0 && p.name === '' ? '...' : this.#declaration(p.type, p.name, indent)))
      .join(', ');
  }
}

const keyword = (type: BtfType): string => (type.kind === Kind.UNION ? 'union' : 'struct');
const join = (type: string, name: string): string => (name === '' ? type : `${type} ${name}`);
const opaqueAlignment = (size: number): number => [8, 4, 2].find((a) => size % a === 0) ?? 1;
const literal = (value: bigint): string =>
  value > 0x7fffffffn ? `0x${value.toString(16)}${value > 0xffffffffn ? 'ULL' : 'U'}` : String(value);
