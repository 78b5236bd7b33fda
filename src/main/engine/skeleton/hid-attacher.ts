import { ProgFlag, ProgType } from '../abi/index.ts';
import { BtfKind } from '../btf/index.ts';
import { PseudoSource } from '../isa/index.ts';
import { Code, R0, R1, R2, R3, R6, Width } from './code.ts';
import { LoaderProgramWriter } from './loader-program.ts';
import { AttachContext } from './struct-ops.ts';

/**
 * A loader with one SYSCALL program that attaches an fmod_ret program of HID-BPF to a device: Linux 6.3 to 6.10 do that through
 * the kernel function hid_bpf_attach_prog(hid_id, prog_fd, flags), which gives a link fd. It is apart from the driver's own loader,
 * which stays what libbpf makes of the object. The context is that of struct_ops attach programs, with one program fd.
 */
export function hidAttacher(): { insns: Uint8Array; data: Uint8Array } {
  const code = new Code();
  code.movReg(R6, R1);
  code.load(Width.W, R1, R6, AttachContext.HID_ID);
  code.load(Width.W, R2, R6, AttachContext.PROG_FDS);
  code.load(Width.W, R3, R6, AttachContext.FLAGS);
  const call = code.length;
  code.call(0);
  code.store(Width.W, R6, R0, AttachContext.LINK_FD).movImm(R0, 0).exit();
  const insns = code.insns.map((insn, i) => (i === call ? { ...insn, src: PseudoSource.KFUNC_CALL } : insn));
  const writer = new LoaderProgramWriter({ functions: 1, programs: 1, maps: 0 });
  writer.loadProgram(
    {
      type: ProgType.SYSCALL,
      name: 'attach_hid',
      license: 'Dual BSD/GPL',
      insns,
      flags: ProgFlag.SLEEPABLE,
      expectedAttachType: 0,
      funcInfo: new Uint8Array(),
      lineInfo: new Uint8Array(),
      coreRelos: new Uint8Array(),
      symbols: [{ name: 'hid_bpf_attach_prog', insn: call, weak: false, use: 'call', kind: BtfKind.FUNC }],
    },
    0,
  );
  const { insns: loader, blob } = writer.finish();
  return { insns: loader, data: blob };
}
