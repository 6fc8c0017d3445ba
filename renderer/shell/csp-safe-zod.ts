import { z } from 'zod';

// zod compiles object parsers with `new Function`, and probes for it even where the content security policy forbids
// it, which the browser reports as a violation. Imported before any schema, because the choice is made as they are built.
z.config({ jitless: true });
