// `npm run totem -- …`
import '../cli/totem.ts';
