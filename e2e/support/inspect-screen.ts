import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';

/** A portrait totem, a landscape one (or a television), and the smallest screen that must still be fine. */
export const SCREEN_SIZES = {
  portrait: { width: 1080, height: 1920 },
  landscape: { width: 1920, height: 1080 },
  small: { width: 768, height: 1024 },
} as const;

const MIN_TARGET_PX = 60;
const MIN_TOTEM_TYPE_PX = 24;

declare global {
  interface Window {
    cspViolations?: string[];
  }
}

/** Collects what the content security policy forbids from now on. Call before the page is opened. */
export async function watchCsp(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const violations: string[] = [];
    window.cspViolations = violations;
    document.addEventListener('securitypolicyviolation', (event) => {
      violations.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sourceFile ?? ''}`);
    });
  });
}

/** What holds in every state of every screen: accessible, large enough to touch and read, in its frame, within the CSP. */
export async function inspectScreen(page: Page, name: string): Promise<void> {
  await test.step(name, async () => {
    await settle(page);
    const faults = await page.evaluate(findFaults, {
      minTargetPx: MIN_TARGET_PX,
      minTotemTypePx: MIN_TOTEM_TYPE_PX,
    });
    expect(faults, name).toEqual([]);
    // Legacy mode spares a page of its own for each run; it leaves out frames of other origins, and there are none.
    // Markup and colours are the same at every size: once is enough for what axe reads, and it is slow.
    if (page.viewportSize()?.width !== SCREEN_SIZES.portrait.width) return;
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
    expect(
      violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' ')}`),
      name,
    ).toEqual([]);
  });
}

/** Waits until what was sent is drawn and everything that moves and ends has ended: axe must not measure half a fade. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
    const ending = document
      .getAnimations()
      .filter((animation) => animation.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY);
    for (const animation of ending) animation.finish();
  });
}

/** Runs in the page. */
function findFaults(limits: { minTargetPx: number; minTotemTypePx: number }): string[] {
  const faults = [...(window.cspViolations ?? [])];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    faults.push(`wider than the screen: ${root.scrollWidth} of ${root.clientWidth} px`);
  }
  for (const target of document.querySelectorAll('button, input, textarea, a[href]')) {
    const { width, height } = target.getBoundingClientRect();
    if (width > 0 && (Math.round(width) < limits.minTargetPx || Math.round(height) < limits.minTargetPx)) {
      const name = target.getAttribute('aria-label') ?? target.textContent;
      faults.push(`under ${limits.minTargetPx} px: "${name}" is ${width} x ${height}`);
    }
  }
  if (root.dataset['screen'] !== 'totem') return faults;
  // Nobody looks for a button below the edge of a totem.
  if (root.scrollHeight > root.clientHeight) {
    faults.push(`taller than the screen: ${root.scrollHeight} of ${root.clientHeight} px`);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const parent = node.parentElement;
    if (parent === null || node.textContent?.trim() === '' || parent.closest('svg') !== null) continue;
    const typePx = Number.parseFloat(getComputedStyle(parent).fontSize);
    if (typePx < limits.minTotemTypePx) faults.push(`type of ${typePx} px: "${node.textContent}"`);
  }
  return faults;
}
