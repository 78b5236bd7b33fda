import { EngineError } from '../base/index.ts';
import { type Btf, BtfKind } from '../btf/index.ts';

/** How deep types are followed before they count as recursive. */
const MAX_DEPTH = 32;

const MODIFIERS: ReadonlySet<number> = new Set([
  BtfKind.CONST,
  BtfKind.VOLATILE,
  BtfKind.RESTRICT,
  BtfKind.TYPE_TAG,
]);

/** Indents every line but the first. */
function indent(text: string): string {
  return text.replaceAll('\n', '\n\t');
}

/**
 * Declares `name` with a BTF type in C. Modifiers are left out, typedefs and named structs are spoken of by name (the
 * includer knows them), anonymous ones are written out. `int (*handler)(void *)`, `char text[16]`.
 */
export function cDeclaration(btf: Btf, typeId: number, name: string, depth = 0): string {
  if (depth > MAX_DEPTH)
    throw new EngineError('parse', `BTF type ${typeId} is nested too deeply to be written as C`, { typeId });
  const type = btf.typeById(typeId);
  const inner = (id: number, declarator: string): string => cDeclaration(btf, id, declarator, depth + 1);
  const named = (keyword: string): string =>
    [keyword, type.name, name].filter((part) => part !== '').join(' ');
  switch (type.kind) {
    case BtfKind.CONST:
    case BtfKind.VOLATILE:
    case BtfKind.RESTRICT:
    case BtfKind.TYPE_TAG:
      return inner(type.type, name);
    case BtfKind.PTR:
      return inner(type.type, pointsToDeclarator(btf, type.type) ? `(*${name})` : `*${name}`);
    case BtfKind.ARRAY:
      return inner(type.elementType, `${name}[${type.length}]`);
    case BtfKind.FUNC_PROTO: {
      const parameters = type.parameters.map((parameter) =>
        parameter.type === 0 ? '...' : inner(parameter.type, parameter.name).trim(),
      );
      return inner(type.returnType, `${name}(${parameters.length === 0 ? 'void' : parameters.join(', ')})`);
    }
    case BtfKind.STRUCT:
    case BtfKind.UNION: {
      const keyword = type.kind === BtfKind.STRUCT ? 'struct' : 'union';
      if (type.name !== '') return named(keyword);
      const members = type.members.map((member) => {
        const bits = member.bitfieldSize === 0 ? '' : ` : ${member.bitfieldSize}`;
        return `\t${indent(inner(member.type, member.name))}${bits};`;
      });
      return `${keyword} {\n${members.join('\n')}\n}${name === '' ? '' : ` ${name}`}`;
    }
    case BtfKind.ENUM:
    case BtfKind.ENUM64: {
      if (type.name !== '') return named('enum');
      const values = type.values.map((value) => `\t${value.name} = ${value.value},`);
      return `enum {\n${values.join('\n')}\n}${name === '' ? '' : ` ${name}`}`;
    }
    case BtfKind.FWD:
      return named(type.union ? 'union' : 'struct');
    case BtfKind.VOID:
      return name === '' ? 'void' : `void ${name}`;
    default:
      return named('');
  }
}

/** True if a pointer to this type needs brackets: arrays and functions bind tighter than `*`. */
function pointsToDeclarator(btf: Btf, typeId: number): boolean {
  let id = typeId;
  while (MODIFIERS.has(btf.kindOf(id))) id = btf.sizeOrTypeOf(id);
  const kind = btf.kindOf(id);
  return kind === BtfKind.ARRAY || kind === BtfKind.FUNC_PROTO;
}
