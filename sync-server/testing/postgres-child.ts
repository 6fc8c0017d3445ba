// Started by embedded-postgres.test.ts as a process of its own, to be killed: the server, as far as PostgreSQL goes.
import process from 'node:process';
import { silentLog } from '../../platform/log.ts';
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts';

const postgres = await startEmbeddedPostgres(process.argv[2] ?? '', 0, silentLog);
process.send?.(postgres.pid);
