import process from 'node:process';
import { runService } from '../platform/service.ts';
import { startKioskService } from './kiosk-service.ts';

export { startKioskService };

// Electron's engine process imports this file and runs the service in its own way.
if (import.meta.main) await runService('kiosk', () => startKioskService(process.env));
