import { z } from 'zod';
import { createLog } from '../../platform/log.ts';
import { runService, StartupFailure } from '../../platform/service.ts';
import { systemClock, systemRandom } from '../../platform/system.ts';
import { startProviderSimulator } from './provider.ts';

const Environment = z.object({
  TOTEM_HOST: z.string().default('127.0.0.1'),
  TOTEM_PROVIDER_PORT: z.coerce.number().int().min(0).max(65535),
  TOTEM_DATA_DIR: z.string().min(1),
  TOTEM_PIX_CLIENT_ID: z.string().min(1),
  TOTEM_PIX_CLIENT_SECRET: z.string().min(1),
});

await runService('provider-simulator', async () => {
  const parsed = Environment.safeParse(process.env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new StartupFailure(`configuration: ${problems.join('; ')} (see docs/provider-simulator.md)`);
  }
  const provider = await startProviderSimulator({
    host: parsed.data.TOTEM_HOST,
    port: parsed.data.TOTEM_PROVIDER_PORT,
    dataDir: parsed.data.TOTEM_DATA_DIR,
    clientId: parsed.data.TOTEM_PIX_CLIENT_ID,
    clientSecret: parsed.data.TOTEM_PIX_CLIENT_SECRET,
    clock: systemClock,
    randomBytes: systemRandom,
    log: createLog('provider-simulator'),
  });
  return {
    addresses: {
      provider: provider.bankUrl,
      api: provider.apiBaseUrl,
      token: provider.tokenUrl,
      stripe: provider.stripeUrl,
    },
    close: () => provider.close(),
  };
});
