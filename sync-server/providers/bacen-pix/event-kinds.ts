/** The callbacks of API Pix that the server registers: of money, of agreements, of their charges. Others are kept, and read for what they name. */
export const EVENT_KINDS = ['pix', 'rec', 'cobr'] as const;
