/** Silence before the totem asks whether somebody is still there. */
export const IDLE_MS = 60_000;
/** WCAG 2.2, 2.2.1: at least 20 s to answer, by one simple action. */
export const IDLE_WARNING_MS = 25_000;
/** How long the last screens stand. With paper in hand a glance is enough; a number to copy takes longer. */
export const CLOSE_PRINTED_MS = 30_000;
export const CLOSE_SCREEN_ONLY_MS = 90_000;
export const CLOSE_ENDED_MS = 45_000;
/** From here on the last screens show their countdown and offer more time. */
export const CLOSE_WARNING_MS = 25_000;
/** A finger held this long on the corner opens the technician's page: long enough never to happen by chance. */
export const TECHNICIAN_HOLD_MS = 3_000;
/** Under this the countdown of a payment is called out. */
export const PAYMENT_URGENT_MS = 60_000;
