// A real kernel and a simulated one like it, for scripts that compare the two.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../toolchain.mjs';

const main = (name) => import(`../../src/main/${name}`);

/** The kernel to ask: its door, types and how to let go of it; or why there is none. */
async function openRealKernel(inLab) {
  const { Btf } = await main('engine/btf/index.ts');
  if (inLab) {
    const { bootLab, labMissing } = await main('host/real-kernel/testing/lab.ts');
    const missing = labMissing();
    if (missing !== undefined) return missing;
    const guest = await bootLab({ limit: 3600 });
    return { real: guest.kernel, btf: Btf.parse(guest.kernelBtf()), stop: () => guest.stop() };
  }
  if (process.platform !== 'linux') return 'there is no Linux kernel to ask';
  const path = '/sys/kernel/btf/vmlinux';
  if (!existsSync(path)) return `this kernel tells no types (${path} is missing)`;
  const { startLocalKernel } = await main('host/real-kernel/index.ts');
  const real = startLocalKernel({ resources: join(ROOT, 'resources') });
  return { real, btf: Btf.parse(new Uint8Array(readFileSync(path))), stop: () => real.stop() };
}

/** How many processors the kernel counts on: per-CPU values and bpf_get_smp_processor_id() go by it. */
function possibleCpus(inLab) {
  if (inLab) return 1;
  const last = /(\d+)\s*$/.exec(readFileSync('/sys/devices/system/cpu/possible', 'utf8'));
  return Number(last?.[1] ?? 0) + 1;
}

/**
 * The lab's kernel or this machine's, and a simulated one of its version with its types and processors; a text if there
 * is nobody to ask. `hasHid`: both have HID-BPF.
 */
export async function openFuzzedKernel(inLab) {
  const opened = await openRealKernel(inLab);
  if (typeof opened === 'string') return opened;
  const { kernelProfile } = await main('engine/abi/index.ts');
  const { HidBus, hidProfile } = await main('engine/hid/index.ts');
  const { HidBpf } = await main('engine/hidbpf/index.ts');
  const { Kernel } = await main('engine/kernel/index.ts');
  const { detectProcessor } = await main('engine/kernel/x86/testing/detect.ts');
  const profile = kernelProfile(/^\d+\.\d+/.exec(opened.real.release)?.[0] ?? '');
  if (profile === undefined) {
    await opened.stop();
    return `kernel ${opened.real.release} is not simulated`;
  }
  let processor;
  try {
    processor = detectProcessor(opened.real);
  } catch {
    // Whoever may not load programs is told so by what is tried first.
  }
  const own = new Kernel({ profile, btf: opened.btf, cpus: possibleCpus(inLab), processor });
  const hasHid = HidBpf.isAvailable(own);
  if (hasHid) new HidBpf(own, new HidBus(hidProfile(profile.name)));
  return { ...opened, own, profile, hasHid };
}
