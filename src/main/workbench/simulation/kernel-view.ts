import { type FileContent, type Kernel } from '../../engine/kernel/index.ts';
import { mapTypeName, progTypeName } from '../../engine/abi/index.ts';
import { HOST_KERNEL, type KernelObjectView, type KernelView } from '../../../preload/contract/index.ts';
import { type Attachment } from './attach.ts';

function targetText(content: FileContent): string {
  switch (content.kind) {
    case 'map':
      return `map ${content.map.id} ${content.map.name}`;
    case 'prog':
      return `prog ${content.prog.id} ${content.prog.name}`;
    case 'link':
      return `link ${content.link.id} ${content.link.target}`;
    case 'btf':
      return `btf ${content.btf.id}`;
    case 'iter':
      return `iterator of link ${content.link.id}`;
    case 'directory':
      return `directory ${content.path}`;
    case 'other':
      return content.name;
    default:
      return content.kind;
  }
}

function objects(kernel: Kernel): KernelObjectView[] {
  return [
    ...kernel.progs.values().map((prog): KernelObjectView => ({
      kind: 'prog',
      id: prog.id,
      name: prog.name,
      text: `${progTypeName(prog.type).replace('BPF_PROG_TYPE_', '').toLowerCase()} · tag ${prog.tag} · ${prog.stats.runs} runs`,
      references: prog.references,
    })),
    ...kernel.maps.values().map((map): KernelObjectView => ({
      kind: 'map',
      id: map.id,
      name: map.name,
      text: `${mapTypeName(map.type).replace('BPF_MAP_TYPE_', '').toLowerCase()} · key ${map.keySize} · value ${map.valueSize} · ${map.maxEntries} entries`,
      references: map.references,
    })),
    ...kernel.links.values().map((link): KernelObjectView => ({
      kind: 'link',
      id: link.id,
      name: link.target,
      text: link.prog?.name ?? '',
      references: link.references,
    })),
    ...kernel.btfs.values().map((btf): KernelObjectView => ({
      kind: 'btf',
      id: btf.id,
      name: btf.name,
      text: `${btf.btf.typeCount} types`,
      references: btf.references,
    })),
  ];
}

/** The Kernel screen's view of an attached simulation, or of none. */
export function kernelView(
  attachment: Attachment | undefined,
  settings: { readonly kernel: string; readonly engine: 'interpreter' | 'jit' },
): KernelView {
  if (attachment === undefined) {
    return {
      version: settings.kernel,
      simulated: settings.kernel !== HOST_KERNEL,
      engine: settings.engine,
      fds: [],
      objects: [],
      log: [],
      traceLength: 0,
    };
  }
  const { simulation, view } = attachment;
  return {
    version: view.kernel,
    simulated: true,
    engine: settings.engine,
    fds: simulation.task.fds.open().map(({ fd, file }) => ({ fd, target: targetText(file.content) })),
    objects: objects(simulation.kernel),
    log: simulation.notes(),
    traceLength: simulation.kernel.trace.events.length,
    attachment: view,
  };
}
