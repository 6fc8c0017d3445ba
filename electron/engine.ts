// The engine's process: main/ as it is, driven over the parent port instead of over HTTP. Its HTTP host runs here too,
// for the queue screen, the panel and the technician in the LAN.
import process from 'node:process';
import { startKioskService } from '../main/kiosk-service.ts';
import { startupMessage } from '../platform/service.ts';
import { serveEngine } from './engine-process.ts';

await serveEngine(process.parentPort, () => startKioskService(process.env), startupMessage);
