// `npm run simulate`: worlds full of faults; see docs/simulation.md.
import '../simulation/main.ts';
