import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Btf } from '../engine/btf/index.ts';
import { EngineError } from '../engine/base/index.ts';
import { type DeviceMatch } from '../../preload/contract/index.ts';

/** project.json of a sample or template. */
interface ProjectManifest {
  readonly kind: 'sample' | 'object' | 'template';
  readonly title: string;
  readonly summary: string;
  readonly mainFile: string;
  readonly object?: string;
  readonly recording?: string;
  readonly matches?: readonly DeviceMatch[];
}

/** A sample or template as it lies in the resources. */
export interface Template extends ProjectManifest {
  readonly templateId: string;
  readonly folder: string;
}

/** The application's resources: samples, templates, BPF headers and the BTF of the simulated kernels. */
export class Resources {
  readonly folder: string;
  readonly #btf = new Map<string, Btf>();
  #templates: readonly Template[] | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Headers for drivers, for the compiler's -I. */
  get includeFolder(): string {
    return join(this.folder, 'include');
  }

  /** Samples first, then templates, each by title. */
  templates(): readonly Template[] {
    return (this.#templates ??= ['samples', 'templates'].flatMap((group) => this.#group(group)));
  }

  #group(group: string): Template[] {
    const folder = join(this.folder, group);
    const found = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry): Template => {
        const path = join(folder, entry.name);
        const manifest = JSON.parse(readFileSync(join(path, 'project.json'), 'utf8')) as ProjectManifest;
        return { ...manifest, templateId: entry.name, folder: path };
      });
    return found.sort((left, right) => left.title.localeCompare(right.title));
  }

  template(templateId: string): Template | undefined {
    return this.templates().find((template) => template.templateId === templateId);
  }

  /** Names of the source files of a template. */
  sources(template: Template): readonly string[] {
    return readdirSync(template.folder)
      .filter((name) => /\.(c|h)$/.test(name))
      .sort();
  }

  read(template: Template, file: string): Uint8Array {
    return new Uint8Array(readFileSync(join(template.folder, file)));
  }

  /** Types of a simulated kernel (`6.12`). Throws `unsupported` where there are none. */
  kernelBtf(version: string): Btf {
    const known = this.#btf.get(version);
    if (known !== undefined) return known;
    const path = join(this.folder, 'kernels', `${version}.btf`);
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(readFileSync(path));
    } catch {
      throw new EngineError(
        'unsupported',
        `there is no simulated kernel ${version}: choose one of those that --kernel lists, or give its types with --btf`,
      );
    }
    const btf = Btf.parse(bytes);
    this.#btf.set(version, btf);
    return btf;
  }
}
