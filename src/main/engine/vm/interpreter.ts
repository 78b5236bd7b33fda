import { opcodeOf } from '../isa/index.ts';
import { ARENA_HIGH, SHADOW_READ_ONLY } from './arena.ts';
import { divide64, modulo64, multiply64, signedDivide64, signedModulo64, swap32 } from './arithmetic.ts';
import { executeAtomic, loadAcquire, storeRelease } from './atomics.ts';
import { type RunState } from './run-state.ts';

/** More than any budget: a run's fuel is handed to `execute` in portions, so that the hot loop counts in small integers. */
const PORTION = 0x3fff_ffff;

/** Somebody who is asked before every instruction. */
export interface Watcher {
  /** The instruction at the code index `at` is next, and the state is whole; false stops before it. */
  before(state: RunState, at: number): boolean;
}

/**
 * Executes instructions until the outermost function returns (`state.done`), `limit` of them are done or the watcher wants
 * to stop. Where it throws, the instructions executed are not added to the run's.
 *
 * One function because a jump table over all opcodes is what makes an interpreter fast; the case labels are the numbers
 * of the opcode table and of predecode's Internal (a test runs every row of the table). Operands are called `dl`, `dh`
 * (destination) and `sl`, `sh` (source register or constant), low and high words.
 * @throws VmFault
 */
export function execute(state: RunState, limit: number, watcher?: Watcher): void {
  const { run } = state;
  const { shadow, view, recorder } = run.machine.arena;
  let { code, registers: r, at: i } = state;
  const most = Math.min(limit, PORTION);
  const fuel = Math.min(run.fuel, PORTION + 1);
  let n = 0;
  while (n < most) {
    if (watcher !== undefined && !watcher.before(state, i)) break;
    const op = code[i] as number;
    const d = code[i + 1] as number;
    const s = code[i + 2] as number;
    const x = code[i + 3] as number;
    let taken: boolean;
    i += 4;
    n++;
    const dl = r[d] as number;
    const dh = r[d + 1] as number;
    const sl = r[s] as number;
    const sh = r[s + 1] as number;
    switch (op) {
      case 0x0f: {
        // add64
        const low = (dl + sl) | 0;
        r[d] = low;
        r[d + 1] = (dh + sh + (low >>> 0 < dl >>> 0 ? 1 : 0)) | 0;
        continue;
      }
      case 0x0c: // add32
        r[d] = (dl + sl) | 0;
        r[d + 1] = 0;
        continue;
      case 0x1f: // sub64
        r[d] = (dl - sl) | 0;
        r[d + 1] = (dh - sh - (dl >>> 0 < sl >>> 0 ? 1 : 0)) | 0;
        continue;
      case 0x1c: // sub32
        r[d] = (dl - sl) | 0;
        r[d + 1] = 0;
        continue;
      case 0x2f: // mul64
        multiply64(r, d, s);
        continue;
      case 0x2c: // mul32
        r[d] = Math.imul(dl, sl);
        r[d + 1] = 0;
        continue;
      case 0x3f: // div64
        divide64(r, d, s);
        continue;
      case 0x3c: // div32
        r[d] = sl === 0 ? 0 : (dl >>> 0) / (sl >>> 0);
        r[d + 1] = 0;
        continue;
      case 0x100: // sdiv64
        signedDivide64(r, d, s);
        continue;
      case 0x101: // sdiv32
        r[d] = sl === 0 ? 0 : dl / sl;
        r[d + 1] = 0;
        continue;
      case 0x4f: // or64
        r[d] = dl | sl;
        r[d + 1] = dh | sh;
        continue;
      case 0x4c: // or32
        r[d] = dl | sl;
        r[d + 1] = 0;
        continue;
      case 0x5f: // and64
        r[d] = dl & sl;
        r[d + 1] = dh & sh;
        continue;
      case 0x5c: // and32
        r[d] = dl & sl;
        r[d + 1] = 0;
        continue;
      case 0xaf: // xor64
        r[d] = dl ^ sl;
        r[d + 1] = dh ^ sh;
        continue;
      case 0xac: // xor32
        r[d] = dl ^ sl;
        r[d + 1] = 0;
        continue;
      case 0x6f: {
        // lsh64
        const by = sl & 63;
        if (by >= 32) {
          r[d] = 0;
          r[d + 1] = dl << (by - 32);
        } else if (by > 0) {
          r[d] = dl << by;
          r[d + 1] = (dh << by) | (dl >>> (32 - by));
        }
        continue;
      }
      case 0x6c: // lsh32
        r[d] = dl << (sl & 31);
        r[d + 1] = 0;
        continue;
      case 0x7f: {
        // rsh64
        const by = sl & 63;
        if (by >= 32) {
          r[d] = dh >>> (by - 32);
          r[d + 1] = 0;
        } else if (by > 0) {
          r[d] = (dl >>> by) | (dh << (32 - by));
          r[d + 1] = dh >>> by;
        }
        continue;
      }
      case 0x7c: // rsh32
        r[d] = dl >>> (sl & 31);
        r[d + 1] = 0;
        continue;
      case 0xcf: {
        // arsh64
        const by = sl & 63;
        if (by >= 32) {
          r[d] = dh >> (by - 32);
          r[d + 1] = dh >> 31;
        } else if (by > 0) {
          r[d] = (dl >>> by) | (dh << (32 - by));
          r[d + 1] = dh >> by;
        }
        continue;
      }
      case 0xcc: // arsh32
        r[d] = dl >> (sl & 31);
        r[d + 1] = 0;
        continue;
      case 0x87: // neg64
        r[d] = -dl | 0;
        r[d + 1] = (~dh + (dl === 0 ? 1 : 0)) | 0;
        continue;
      case 0x84: // neg32
        r[d] = -dl | 0;
        r[d + 1] = 0;
        continue;
      case 0x9f: // mod64
        modulo64(r, d, s);
        continue;
      case 0x9c: // mod32
        r[d] = sl === 0 ? dl : (dl >>> 0) % (sl >>> 0);
        r[d + 1] = 0;
        continue;
      case 0x102: // smod64
        signedModulo64(r, d, s);
        continue;
      case 0x103: // smod32
        r[d] = sl === 0 ? dl : dl % sl;
        r[d + 1] = 0;
        continue;
      case 0xbf: // mov64
        r[d] = sl;
        r[d + 1] = sh;
        continue;
      case 0xbc: // mov32
        r[d] = sl;
        r[d + 1] = 0;
        continue;
      case 0x104: {
        // movsx8_64
        const low = (sl << 24) >> 24;
        r[d] = low;
        r[d + 1] = low >> 31;
        continue;
      }
      case 0x105: {
        // movsx16_64
        const low = (sl << 16) >> 16;
        r[d] = low;
        r[d + 1] = low >> 31;
        continue;
      }
      case 0x106: // movsx32_64
        r[d] = sl;
        r[d + 1] = sl >> 31;
        continue;
      case 0x107: // movsx8_32
        r[d] = (sl << 24) >> 24;
        r[d + 1] = 0;
        continue;
      case 0x108: // movsx16_32
        r[d] = (sl << 16) >> 16;
        r[d + 1] = 0;
        continue;
      case 0x109: // le16
        r[d] = dl & 0xffff;
        r[d + 1] = 0;
        continue;
      case 0x10a: // le32
        r[d + 1] = 0;
        continue;
      case 0x10b: // be16, bswap16
        r[d] = ((dl & 0xff) << 8) | ((dl >>> 8) & 0xff);
        r[d + 1] = 0;
        continue;
      case 0x10c: // be32, bswap32
        r[d] = swap32(dl);
        r[d + 1] = 0;
        continue;
      case 0x10d: // be64, bswap64
        r[d] = swap32(dh);
        r[d + 1] = swap32(dl);
        continue;
      case 0x10e: // le64: nothing to do
        continue;
      case 0x18: // ld_imm64: the value is a constant, the second slot is passed over
        r[d] = sl;
        r[d + 1] = sh;
        i += 4;
        continue;
      case 0x71: {
        // ldxb
        const at = (sl + x) >>> 0;
        if (!mayAccess(shadow, sh, at, 1)) {
          state.at = i - 4;
          state.badLoad(s >> 1, x, 1);
          r[d] = 0;
          r[d + 1] = 0;
          continue;
        }
        r[d] = view.getUint8(at);
        r[d + 1] = 0;
        continue;
      }
      case 0x69: {
        // ldxh
        const at = (sl + x) >>> 0;
        if (!mayAccess(shadow, sh, at, 2)) {
          state.at = i - 4;
          state.badLoad(s >> 1, x, 2);
          r[d] = 0;
          r[d + 1] = 0;
          continue;
        }
        r[d] = view.getUint16(at, true);
        r[d + 1] = 0;
        continue;
      }
      case 0x61: {
        // ldxw
        const at = (sl + x) >>> 0;
        if (!mayAccess(shadow, sh, at, 4)) {
          state.at = i - 4;
          state.badLoad(s >> 1, x, 4);
          r[d] = 0;
          r[d + 1] = 0;
          continue;
        }
        r[d] = view.getInt32(at, true);
        r[d + 1] = 0;
        continue;
      }
      case 0x79: {
        // ldxdw
        const at = (sl + x) >>> 0;
        if (!mayAccess(shadow, sh, at, 8)) {
          state.at = i - 4;
          state.badLoad(s >> 1, x, 8);
          r[d] = 0;
          r[d + 1] = 0;
          continue;
        }
        r[d] = view.getInt32(at, true);
        r[d + 1] = view.getInt32(at + 4, true);
        continue;
      }
      case 0x91: {
        // ldxsb
        const at = (sl + x) >>> 0;
        if (!mayAccess(shadow, sh, at, 1)) {
          state.at = i - 4;
          state.badLoad(s >> 1, x, 1);
          r[d] = 0;
          r[d + 1] = 0;
          continue;
        }
        const value = view.getInt8(at);
        r[d] = value;
        r[d + 1] = value >> 31;
        continue;
      }
      case 0x89: {
        // ldxsh
        const at = (sl + x) >>> 0;
        if (!mayAccess(shadow, sh, at, 2)) {
          state.at = i - 4;
          state.badLoad(s >> 1, x, 2);
          r[d] = 0;
          r[d + 1] = 0;
          continue;
        }
        const value = view.getInt16(at, true);
        r[d] = value;
        r[d + 1] = value >> 31;
        continue;
      }
      case 0x81: {
        // ldxsw
        const at = (sl + x) >>> 0;
        if (!mayAccess(shadow, sh, at, 4)) {
          state.at = i - 4;
          state.badLoad(s >> 1, x, 4);
          r[d] = 0;
          r[d + 1] = 0;
          continue;
        }
        const value = view.getInt32(at, true);
        r[d] = value;
        r[d + 1] = value >> 31;
        continue;
      }
      case 0x73: {
        // stb, stxb
        const at = (dl + x) >>> 0;
        if (!mayAccess(shadow, dh, at, 1, SHADOW_READ_ONLY)) {
          state.at = i - 4;
          state.accessFault(d >> 1, x, 1, true);
        }
        recorder?.beforeWrite(at, 1);
        view.setUint8(at, sl);
        continue;
      }
      case 0x6b: {
        // sth, stxh
        const at = (dl + x) >>> 0;
        if (!mayAccess(shadow, dh, at, 2, SHADOW_READ_ONLY)) {
          state.at = i - 4;
          state.accessFault(d >> 1, x, 2, true);
        }
        recorder?.beforeWrite(at, 2);
        view.setUint16(at, sl, true);
        continue;
      }
      case 0x63: {
        // stw, stxw
        const at = (dl + x) >>> 0;
        if (!mayAccess(shadow, dh, at, 4, SHADOW_READ_ONLY)) {
          state.at = i - 4;
          state.accessFault(d >> 1, x, 4, true);
        }
        recorder?.beforeWrite(at, 4);
        view.setInt32(at, sl, true);
        continue;
      }
      case 0x7b: {
        // stdw, stxdw
        const at = (dl + x) >>> 0;
        if (!mayAccess(shadow, dh, at, 8, SHADOW_READ_ONLY)) {
          state.at = i - 4;
          state.accessFault(d >> 1, x, 8, true);
        }
        recorder?.beforeWrite(at, 8);
        view.setInt32(at, sl, true);
        view.setInt32(at + 4, sh, true);
        continue;
      }
      case 0x10f: // atomics
        state.at = i - 4;
        executeAtomic(state, d, s, x);
        continue;
      case 0x110: // load_acquire
        state.at = i - 4;
        loadAcquire(state, d, s, x);
        continue;
      case 0x111: // store_release
        state.at = i - 4;
        storeRelease(state, d, s, x);
        continue;
      case 0x1d: // jeq
        taken = dl === sl && dh === sh;
        break;
      case 0x1e: // jeq32
        taken = dl === sl;
        break;
      case 0x2d: // jgt
        taken = dh >>> 0 > sh >>> 0 || (dh === sh && dl >>> 0 > sl >>> 0);
        break;
      case 0x2e: // jgt32
        taken = dl >>> 0 > sl >>> 0;
        break;
      case 0x3d: // jge
        taken = dh >>> 0 > sh >>> 0 || (dh === sh && dl >>> 0 >= sl >>> 0);
        break;
      case 0x3e: // jge32
        taken = dl >>> 0 >= sl >>> 0;
        break;
      case 0x4d: // jset
        taken = ((dl & sl) | (dh & sh)) !== 0;
        break;
      case 0x4e: // jset32
        taken = (dl & sl) !== 0;
        break;
      case 0x5d: // jne
        taken = dl !== sl || dh !== sh;
        break;
      case 0x5e: // jne32
        taken = dl !== sl;
        break;
      case 0x6d: // jsgt
        taken = dh > sh || (dh === sh && dl >>> 0 > sl >>> 0);
        break;
      case 0x6e: // jsgt32
        taken = dl > sl;
        break;
      case 0x7d: // jsge
        taken = dh > sh || (dh === sh && dl >>> 0 >= sl >>> 0);
        break;
      case 0x7e: // jsge32
        taken = dl >= sl;
        break;
      case 0xad: // jlt
        taken = dh >>> 0 < sh >>> 0 || (dh === sh && dl >>> 0 < sl >>> 0);
        break;
      case 0xae: // jlt32
        taken = dl >>> 0 < sl >>> 0;
        break;
      case 0xbd: // jle
        taken = dh >>> 0 < sh >>> 0 || (dh === sh && dl >>> 0 <= sl >>> 0);
        break;
      case 0xbe: // jle32
        taken = dl >>> 0 <= sl >>> 0;
        break;
      case 0xcd: // jslt
        taken = dh < sh || (dh === sh && dl >>> 0 < sl >>> 0);
        break;
      case 0xce: // jslt32
        taken = dl < sl;
        break;
      case 0xdd: // jsle
        taken = dh < sh || (dh === sh && dl >>> 0 <= sl >>> 0);
        break;
      case 0xde: // jsle32
        taken = dl <= sl;
        break;
      case 0x05: // ja, gotol
        taken = true;
        break;
      case 0xe5: // may_goto: the counter is a register of its own
        taken = dl === 0;
        if (!taken) r[d] = dl - 1;
        break;
      case 0x95: {
        // exit
        state.at = i - 4;
        const entered = state.return();
        if (state.done) {
          run.instructions += n;
          run.fuel -= n;
          return;
        }
        ({ code, registers: r, at: i } = state);
        if (entered && n > fuel) outOfFuel(state);
        continue;
      }
      case 0x112: {
        // call of a local function
        state.at = i - 4;
        const entered = state.callLocal(x);
        ({ code, registers: r, at: i } = state);
        if (entered && n > fuel) outOfFuel(state);
        continue;
      }
      case 0x85: {
        // call of a helper
        state.at = i - 4;
        const entered = state.callHelper(state.decoded.program.helpers.get(x), `helper ${x}`);
        ({ code, registers: r, at: i } = state);
        if (entered && n > fuel) outOfFuel(state);
        continue;
      }
      case 0x113: {
        // call of a kfunc
        state.at = i - 4;
        const entered = state.callHelper(state.decoded.program.kfuncs.get(x), `kfunc ${x}`);
        ({ code, registers: r, at: i } = state);
        if (entered && n > fuel) outOfFuel(state);
        continue;
      }
      case 0x8d: {
        // callx
        state.at = i - 4;
        const entered = state.callRegister(d >> 1);
        ({ code, registers: r, at: i } = state);
        if (entered && n > fuel) outOfFuel(state);
        continue;
      }
      default:
        state.at = i - 4;
        badInstruction(state);
    }
    if (taken) {
      if (x < i && n > fuel) {
        state.at = i - 4;
        outOfFuel(state);
      }
      i = x;
    }
  }
  state.at = i;
  run.instructions += n;
  run.fuel -= n;
}

/** Arena.allowed for an address whose upper word is `high`, in the two looks at the shadow that up to 16 bytes need. */
function mayAccess(shadow: Uint8Array, high: number, at: number, size: number, limit = 0x100): boolean {
  const last = at + size - 1;
  const state = shadow[last >>> 4] as number;
  return (
    high === ARENA_HIGH &&
    state < limit &&
    (state & 31) > (last & 15) &&
    ((at & 15) + size <= 16 || shadow[at >>> 4] !== 0)
  );
}

/** Ends the run at the current instruction. */
export function outOfFuel(state: RunState): never {
  return state.fault('out-of-fuel', 'the run has used up its instructions: does a loop never end?');
}

function badInstruction(state: RunState): never {
  const insn = state.decoded.program.insns[state.pc];
  if (insn === undefined) return state.fault('bad-instruction', 'the program runs off its end');
  const name = opcodeOf(insn)?.name;
  if (name === undefined) return state.fault('bad-instruction', 'the second half of a 64-bit constant');
  const why =
    name === 'addr_space_cast'
      ? 'it needs a BPF_MAP_TYPE_ARENA, since Linux 6.9'
      : 'it needs a packet of a socket';
  return state.fault('bad-instruction', `${name} is not simulated: ${why}`);
}
