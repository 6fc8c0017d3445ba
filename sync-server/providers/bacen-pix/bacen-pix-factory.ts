import type { NationalFactory } from '../provider-factory.ts';
import { readSettings } from '../provider-factory.ts';
import { createBacenPixProvider } from './bacen-pix.ts';
import { BacenPixSettings } from './settings.ts';

export const bacenPixFactory: NationalFactory = {
  name: 'bacen-pix',
  open: (settings, { clock, fetch }) =>
    createBacenPixProvider({ ...readSettings('bacen-pix', BacenPixSettings, settings), fetch }, clock),
};
