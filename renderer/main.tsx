import './shell/csp-safe-zod.ts';
import './ui/fonts.css';
import './ui/tokens.css';
import './ui/base.css';
import './ui/components.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './shell/App.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
