import { strict } from './strict.ts';
import type { WebContents } from './web-contents.ts';

const contentsById = new Map<number, WebContents>();

export function registerContents(contents: WebContents): void {
  contentsById.set(contents.id, contents);
}
export function forgetContents(contents: WebContents): void {
  contentsById.delete(contents.id);
}
export function contentsByTarget(targetId: string): WebContents | undefined {
  return [...contentsById.values()].find((contents) => contents.targetId === targetId);
}

export const webContents = strict('webContents', {
  getAllWebContents: (): WebContents[] => [...contentsById.values()],
  fromId: (id: number): WebContents | undefined => contentsById.get(id),
  fromDevToolsTargetId: contentsByTarget,
});
