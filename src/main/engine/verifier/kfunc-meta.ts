import { type Btf, type BtfFunctionProto } from '../btf/index.ts';
import { type SpecialField, type VerifierMap } from './types.ts';

/** What the arguments of one kfunc call told (struct bpf_kfunc_call_arg_meta). */
export class KfuncCall {
  readonly name: string;
  readonly id: number;
  /** KfuncFlag bits. */
  readonly flags: number;
  readonly btf: Btf;
  readonly proto: BtfFunctionProto;
  refObjId = 0;
  releaseRegister = 0;
  resultIsReadOnly = false;
  resultSize = 0;
  resultSizeKnown = false;
  resultBtfId = 0;
  callback = 0;
  constant: bigint | undefined = undefined;
  /** Type of an object of the program's own that an argument points to. */
  objectBtf: Btf | undefined = undefined;
  objectBtfId = 0;
  objectIsOwned = false;
  listHead: SpecialField | undefined = undefined;
  treeRoot: SpecialField | undefined = undefined;
  dynptr: { type: number; id: number; refObjId: number } | undefined = undefined;
  iterator: { frame: number; slot: number } | undefined = undefined;
  map: VerifierMap | undefined = undefined;
  mapUid = 0;

  constructor(name: string, id: number, flags: number, btf: Btf, proto: BtfFunctionProto) {
    this.name = name;
    this.id = id;
    this.flags = flags;
    this.btf = btf;
    this.proto = proto;
  }
}
