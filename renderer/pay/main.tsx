import '../shell/csp-safe-zod.ts';
import '../ui/fonts.css';
import '../ui/tokens.css';
import '../ui/base.css';
import '../ui/components.css';
import './pay.css';
import { createRoot } from 'react-dom/client';
import { PayPage } from './PayPage.tsx';
import { cameBackPaid } from './return-address.ts';
import { chooseLanguage, TEXTS } from './texts.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('pay.html has no #root');
const language = chooseLanguage(navigator.languages);
const text = TEXTS[language];
document.documentElement.lang = language;
document.title = text.title;
const submitted = cameBackPaid(location.search);
// What the provider adds to the address on the way back holds the payment's secret.
if (location.search !== '') history.replaceState(null, '', location.pathname);
const token = location.pathname.split('/').at(-1) ?? '';
createRoot(root).render(<PayPage token={token} language={language} submitted={submitted} />);
