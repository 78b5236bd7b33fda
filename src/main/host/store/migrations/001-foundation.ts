/** Projects, settings, virtual devices, sessions and their reports in chunks. */
export const FOUNDATION = `
CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE projects (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  summary TEXT NOT NULL,
  origin TEXT,
  main_file TEXT NOT NULL,
  matches TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  last_run_at INTEGER,
  deleted_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE project_files (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  text TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (project_id, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE project_objects (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  slot TEXT NOT NULL CHECK (slot IN ('prebuilt', 'build', 'good')),
  file_name TEXT NOT NULL,
  bytes BLOB,
  ok INTEGER NOT NULL,
  diagnostics TEXT NOT NULL,
  compiler TEXT,
  at INTEGER NOT NULL,
  source_hash TEXT,
  UNIQUE (project_id, slot)
) STRICT;

CREATE TABLE virtual_devices (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  bus INTEGER NOT NULL,
  vendor INTEGER NOT NULL,
  product INTEGER NOT NULL,
  descriptor BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('recording', 'replay')),
  created_at INTEGER NOT NULL,
  project_id TEXT REFERENCES projects (id) ON DELETE SET NULL,
  source_id TEXT,
  unsaved INTEGER NOT NULL,
  reports INTEGER NOT NULL DEFAULT 0,
  changed INTEGER NOT NULL DEFAULT 0,
  dropped INTEGER NOT NULL DEFAULT 0,
  duration INTEGER NOT NULL DEFAULT 0,
  device_names TEXT NOT NULL,
  problem_count INTEGER NOT NULL DEFAULT 0,
  replay TEXT,
  -- The writing process while the session is not finished, NULL afterwards.
  owner TEXT,
  if_interrupted TEXT NOT NULL CHECK (if_interrupted IN ('discard', 'keep')),
  interrupted INTEGER NOT NULL DEFAULT 0,
  deleted_at INTEGER
) STRICT;
CREATE INDEX sessions_by_project ON sessions (project_id);
CREATE INDEX sessions_by_owner ON sessions (owner) WHERE owner IS NOT NULL;

CREATE TABLE session_devices (
  session INTEGER NOT NULL REFERENCES sessions (number) ON DELETE CASCADE,
  device_index INTEGER NOT NULL,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  phys TEXT NOT NULL,
  uniq TEXT NOT NULL,
  bus INTEGER NOT NULL,
  vendor INTEGER NOT NULL,
  product INTEGER NOT NULL,
  descriptor BLOB NOT NULL,
  fixed_descriptor BLOB,
  PRIMARY KEY (session, position)
) STRICT;

CREATE TABLE session_notes (
  session INTEGER NOT NULL REFERENCES sessions (number) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  report_index INTEGER NOT NULL,
  line INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (session, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_problems (
  session INTEGER NOT NULL REFERENCES sessions (number) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  line INTEGER NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (session, position)
) STRICT, WITHOUT ROWID;

-- Every chunk but a session's last holds the same number of reports: report i lies in chunk i / 4096.
CREATE TABLE report_chunks (
  session INTEGER NOT NULL REFERENCES sessions (number) ON DELETE CASCADE,
  chunk INTEGER NOT NULL,
  count INTEGER NOT NULL,
  first_time INTEGER NOT NULL,
  last_time INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (session, chunk)
) STRICT;
`;
