// `npm run chaos`; see docs/chaos.md.
import '../chaos/main.ts';
