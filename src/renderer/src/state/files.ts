export interface PickedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

async function read(file: File): Promise<PickedFile> {
  return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
}

/** Asks the user for files; none if the dialog is closed. */
export function pickFiles(accept: string, multiple: boolean): Promise<readonly PickedFile[]> {
  return new Promise((resolve, reject) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.multiple = multiple;
    input.addEventListener('change', () => {
      Promise.all(Array.from(input.files ?? [], read)).then(resolve, reject);
    });
    input.addEventListener('cancel', () => resolve([]));
    input.click();
  });
}

/** The files of a drop. */
export function droppedFiles(event: DragEvent): Promise<readonly PickedFile[]> {
  return Promise.all(Array.from(event.dataTransfer?.files ?? [], read));
}

/** A file's name without its folders and its ending. */
export function baseName(path: string): string {
  const name = path.split(/[/\\]/).at(-1) ?? path;
  return name.replace(/\.(bpf\.[co]|hid|txt|bin|[co])$/i, '');
}
