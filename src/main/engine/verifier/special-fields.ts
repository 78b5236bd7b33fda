/** Fields of map values and program-allocated objects that the kernel keeps for itself (btf_parse_fields in kernel/bpf/btf.c). */
import { BtfKind, type Btf, type BtfType } from '../btf/index.ts';
import { isArray, isPointer, isStruct, resolveModifiers } from './btf-types.ts';
import { type SpecialField } from './types.ts';

const STRUCTS: Readonly<Record<string, readonly [SpecialField['kind'], number]>> = {
  bpf_spin_lock: ['spin_lock', 4],
  bpf_res_spin_lock: ['res_spin_lock', 8],
  bpf_timer: ['timer', 16],
  bpf_wq: ['wq', 16],
  bpf_task_work: ['task_work', 8],
  bpf_list_head: ['list_head', 16],
  bpf_list_node: ['list_node', 24],
  bpf_rb_root: ['rb_root', 16],
  bpf_rb_node: ['rb_node', 32],
  bpf_refcount: ['refcount', 4],
};

const KPTR_TAGS: Readonly<Record<string, SpecialField['kind']>> = {
  kptr_untrusted: 'kptr_unref',
  kptr: 'kptr_ref',
  percpu_kptr: 'kptr_percpu',
  uptr: 'uptr',
};

class FieldFinder {
  readonly btf: Btf;
  readonly kernelBtf: Btf | undefined;
  readonly found: SpecialField[] = [];

  constructor(btf: Btf, kernelBtf: Btf | undefined) {
    this.btf = btf;
    this.kernelBtf = kernelBtf;
  }

  /** Members of a struct, or variables of a data section, at `base`. */
  walk(typeId: number, base: number, depth: number): void {
    const type = resolveModifiers(this.btf, typeId);
    if (type.kind === BtfKind.DATASEC) {
      for (const variable of type.variables) {
        const inner = this.btf.typeById(variable.type);
        if (inner.kind === BtfKind.VAR)
          this.visit(inner.type, base + variable.offset, depth, variable.type, -1);
      }
    } else if (type.kind === BtfKind.STRUCT) {
      type.members.forEach((member, i) => {
        if (member.bitOffset % 8 === 0)
          this.visit(member.type, base + member.bitOffset / 8, depth, type.id, i);
      });
    }
  }

  visit(typeId: number, offset: number, depth: number, holder: number, index: number): void {
    const type = resolveModifiers(this.btf, typeId);
    if (isArray(type)) {
      const size = this.btf.sizeOf(type.elementType) ?? 0;
      for (let i = 0; i < Math.min(type.length, 64); i++) {
        this.visit(type.elementType, offset + i * size, depth, holder, index);
      }
    } else if (isPointer(type)) this.addKptr(type.type, offset);
    else if (isStruct(type)) this.addStruct(type, offset, depth, holder, index);
  }

  addStruct(type: BtfType, offset: number, depth: number, holder: number, index: number): void {
    const known = STRUCTS[type.name];
    if (known === undefined) {
      if (depth < 4) this.walk(type.id, offset, depth + 1);
      return;
    }
    const [kind, size] = known;
    if (kind === 'list_head' || kind === 'rb_root') this.addRoot(kind, offset, size, holder, index);
    else this.found.push({ kind, offset, size });
  }

  /** `contains:type:field` on the member names the node that lives in the list or tree. */
  addRoot(kind: 'list_head' | 'rb_root', offset: number, size: number, holder: number, index: number): void {
    for (const tag of this.btf.types()) {
      if (tag.kind !== BtfKind.DECL_TAG || tag.type !== holder || tag.componentIndex !== index) continue;
      const match = /^contains:([^:]+):([^:]+)$/.exec(tag.name);
      if (match === null) continue;
      const [, typeName = '', fieldName = ''] = match;
      const target = this.btf.findByNameKind(typeName, BtfKind.STRUCT);
      if (target === undefined) continue;
      const struct = this.btf.typeById(target);
      const node = isStruct(struct) ? struct.members.find((member) => member.name === fieldName) : undefined;
      if (node === undefined) continue;
      this.found.push({
        kind,
        offset,
        size,
        targetTypeId: target,
        targetBtf: this.btf,
        nodeOffset: node.bitOffset / 8,
      });
      return;
    }
  }

  addKptr(targetId: number, offset: number): void {
    if (this.btf.kindOf(targetId) !== BtfKind.TYPE_TAG) return;
    const kind = KPTR_TAGS[this.btf.nameOf(targetId)];
    if (kind === undefined) return;
    const local = resolveModifiers(this.btf, targetId);
    const inKernel =
      isStruct(local) && kind !== 'kptr_percpu'
        ? this.kernelBtf?.findByNameKind(local.name, local.kind)
        : undefined;
    const target =
      inKernel === undefined ? { id: local.id, btf: this.btf } : { id: inKernel, btf: this.kernelBtf };
    this.found.push({
      kind,
      offset,
      size: 8,
      targetTypeId: target.id,
      ...(target.btf === undefined ? {} : { targetBtf: target.btf }),
    });
  }
}

/**
 * Special fields of a map's value (or any struct) of that BTF type, sorted by offset. Kptrs to structs that the kernel
 * has point into `kernelBtf`.
 */
export function specialFieldsOf(btf: Btf, typeId: number, kernelBtf: Btf | undefined): SpecialField[] {
  const finder = new FieldFinder(btf, kernelBtf);
  finder.walk(typeId, 0, 0);
  return finder.found.sort((a, b) => a.offset - b.offset);
}
