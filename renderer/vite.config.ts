import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Absolute, because the same page is served at /totem, /queue, … and as app://kiosk/totem.
  base: '/',
  plugins: [react()],
  build: {
    outDir: fileURLToPath(new URL('../dist/renderer', import.meta.url)),
    emptyOutDir: true,
    rolldownOptions: {
      input: ['index.html', 'pay.html', 'receipt.html'].map((page) =>
        fileURLToPath(new URL(page, import.meta.url)),
      ),
    },
    // No data: addresses; the content security policy names 'self' alone.
    assetsInlineLimit: 0,
  },
});
