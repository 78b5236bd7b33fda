// Makes the sample projects and templates: objects with clang, recordings and expected results from models of the devices.
import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDriver, findClang } from './lib/clang.ts';
import { OBJECTS, SAMPLES, TEMPLATES } from './samples/catalogue.ts';
import { afterDriver, hidText } from './samples/hid-text.ts';

const resources = resolve(dirname(fileURLToPath(import.meta.url)), '../resources');
const clang = findClang();

const writeProject = (folder, project) =>
  writeFileSync(join(folder, 'project.json'), JSON.stringify(project, null, 2) + '\n');

for (const sample of SAMPLES) {
  const folder = join(resources, 'samples', sample.id);
  buildDriver(clang, resources, folder);
  const { bus, vendor, product } = sample.device;
  writeProject(folder, {
    kind: 'sample',
    title: sample.title,
    summary: sample.summary,
    mainFile: 'driver.bpf.c',
    object: 'driver.bpf.o',
    descriptor: 'descriptor.hid',
    recording: 'recording.hid',
    expected: 'expected.hid',
    matches: [{ bus, group: 'generic', vendor, product }],
  });
  const text = (file, comment, descriptor, reports) =>
    writeFileSync(join(folder, file), hidText(comment, sample, descriptor, reports));
  text('descriptor.hid', 'the report descriptor of the device', sample.descriptor, []);
  text('recording.hid', 'what the device sends (made from a model of it)', sample.descriptor, sample.reports);
  const after = afterDriver(sample);
  text('expected.hid', 'what hidraw shows while the driver is attached', sample.descriptorAfter, after);
  console.log(`${sample.id}: ${sample.reports.length} reports, ${after.length} after the driver`);
}

for (const [group, kind, entries] of [
  ['samples', 'object', OBJECTS],
  ['templates', 'template', TEMPLATES],
]) {
  for (const { id, title, summary } of entries) {
    const folder = join(resources, group, id);
    buildDriver(clang, resources, folder);
    writeProject(folder, {
      kind,
      title,
      summary,
      mainFile: 'driver.bpf.c',
      object: 'driver.bpf.o',
      matches: [],
    });
  }
}
