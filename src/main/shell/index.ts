export { createPeer, errorOnWire, type Peer } from './peer.ts';
export { defaultDataFolder, findPlaces, type Places } from './places.ts';
export { serve, type Served, type ServeOptions } from './serve.ts';
export { serveWeb, type WebOptions, type WebShell } from './web.ts';
export { createWorkerHost, type WorkerHost, type WorkerHostOptions } from './worker-host.ts';
export { runWorker } from './worker-port.ts';
