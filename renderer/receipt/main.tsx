import '../shell/csp-safe-zod.ts';
import '../ui/fonts.css';
import '../ui/tokens.css';
import '../ui/base.css';
import '../ui/components.css';
import '../pay/pay.css';
import { createRoot } from 'react-dom/client';
import { chooseLanguage } from '../pay/texts.ts';
import { ReceiptPage } from './ReceiptPage.tsx';
import { RECEIPT_TEXTS } from './texts.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('receipt.html has no #root');
const language = chooseLanguage(navigator.languages);
document.documentElement.lang = language;
document.title = RECEIPT_TEXTS[language].title;
const token = location.pathname.split('/').at(-1) ?? '';
createRoot(root).render(<ReceiptPage token={token} language={language} />);
