import process from 'node:process';
import { z } from 'zod';
import { runService, StartupFailure } from '../../platform/service.ts';
import { startMailServer } from './mail-server.ts';
import { createMailPage } from './page-server.ts';

const Port = z.coerce.number().int().min(0).max(65_535);

const Environment = z.object({
  TOTEM_HOST: z.string().min(1).default('127.0.0.1'),
  /** SMTP without encryption, as on one machine. */
  TOTEM_MAIL_PORT: Port.default(2525),
  TOTEM_MAIL_PAGE_PORT: Port.default(2526),
});

/** A mailbox of everybody: takes every mail, delivers none, and shows them on a page until it ends. */
await runService('mail', async () => {
  const environment = Environment.safeParse(process.env);
  if (!environment.success)
    throw new StartupFailure(z.prettifyError(environment.error).replaceAll('\n', ' '));
  const { TOTEM_HOST, TOTEM_MAIL_PORT, TOTEM_MAIL_PAGE_PORT } = environment.data;
  const server = await startMailServer(TOTEM_MAIL_PORT, TOTEM_HOST);
  const page = createMailPage(() => server.mails);
  const address = await page.listen({ host: TOTEM_HOST, port: TOTEM_MAIL_PAGE_PORT });
  return {
    addresses: { mail: address, smtp: server.url },
    close: async () => {
      await page.close();
      await server.close();
    },
  };
});
